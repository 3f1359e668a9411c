import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { vectorsOf } from './pooling.ts';

const HIDDEN = Float32Array.of(3, 4, 9, 9, /* second text */ 1, 0, 0, 1);

it('pools over a text and not over its padding', () => {
  const output = new Tensor('float32', HIDDEN, [2, 2, 2]);
  const half = Math.fround(Math.SQRT1_2);
  expect(vectorsOf(output, { lengths: [1, 2], pooling: 'mean' })).toEqual([
    Float32Array.of(0.6, 0.8),
    Float32Array.of(half, half),
  ]);
  expect(vectorsOf(output, { lengths: [1, 2], pooling: 'cls' })[1]).toEqual(Float32Array.of(1, 0));
});

it('takes a pooled output as it is', () => {
  const output = new Tensor('float32', HIDDEN, [4, 2]);
  expect(vectorsOf(output, { lengths: [1, 5, 2, 3], pooling: 'mean' })[1]).toEqual(
    Float32Array.of(Math.SQRT1_2, Math.SQRT1_2),
  );
});

it('leaves a vector of zeros at zero', () => {
  const output = new Tensor('float32', new Float32Array(2), [1, 1, 2]);
  expect(vectorsOf(output, { lengths: [1], pooling: 'mean' })).toEqual([Float32Array.of(0, 0)]);
});

it('reads half precision', () => {
  // 3, -4; then the least subnormal and zero.
  const output = new Tensor('float16', Uint16Array.of(0x4200, 0xc400, 0x0001, 0x0000), [2, 1, 2]);
  expect(vectorsOf(output, { lengths: [1, 1], pooling: 'mean' })).toEqual([
    Float32Array.of(0.6, -0.8),
    Float32Array.of(1, 0),
  ]);
});

it('refuses what is no vector', () => {
  const options = { lengths: [1], pooling: 'mean' as const };
  expect(() => vectorsOf(new Tensor('float32', HIDDEN, [8]), options)).toThrow(/1 dimensions/);
  expect(() => vectorsOf(new Tensor('int64', BigInt64Array.of(1n), [1, 1]), options)).toThrow(/int64/);
});
