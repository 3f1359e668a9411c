import type { Tensor } from 'onnxruntime-node';
import { AppError } from '../../core/errors.ts';
import type { Pooling } from './identity.ts';

/**
 * Vectors of length 1 of the texts of a batch; all zero where the model gives all zero.
 *
 * @param output texts × tokens × dimensions, pooled here; or texts × dimensions, taken as it is
 * @param lengths tokens of each text; what lies beyond is padding
 * @throws AppError `unsupported` for another shape or type
 */
export function vectorsOf(
  output: Tensor,
  { lengths, pooling }: { lengths: readonly number[]; pooling: Pooling },
): Float32Array[] {
  const values = floatsOf(output);
  const [, second = 0, third] = output.dims;
  if (output.dims.length !== 2 && output.dims.length !== 3) {
    throw new AppError('unsupported', `the embedding model's output has ${output.dims.length} dimensions`);
  }
  const [tokens, dimensions] = third === undefined ? [1, second] : [second, third];
  return lengths.map((length, row) => {
    const counted = third === undefined || pooling === 'cls' ? 1 : length;
    const start = row * tokens * dimensions;
    return unitMean(values.subarray(start, start + counted * dimensions), dimensions);
  });
}

/** Mean of the vectors that lie one after the other, brought to length 1; the mean's scale falls away with it. */
function unitMean(values: Float32Array, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (let start = 0; start < values.length; start += dimensions) {
    for (let column = 0; column < dimensions; column++) {
      sums[column] = (sums[column] ?? 0) + (values[start + column] ?? 0);
    }
  }
  const length = Math.sqrt(sums.reduce((total, value) => total + value * value, 0));
  return Float32Array.from(sums, (value) => (length > 0 ? value / length : 0));
}

function floatsOf(output: Tensor): Float32Array {
  if (output.data instanceof Float32Array) return output.data;
  if (output.data instanceof Uint16Array && output.type === 'float16') {
    return Float32Array.from(output.data, floatOfHalf);
  }
  throw new AppError('unsupported', `the embedding model's output is ${output.type}, not float32 or float16`);
}

/** Value of an IEEE 754 half-precision number. */
function floatOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
