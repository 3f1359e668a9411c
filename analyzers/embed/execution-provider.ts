import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InferenceSession, listSupportedBackends } from 'onnxruntime-node';
import { AppError } from '../../core/errors.ts';

/** What is asked for; `auto` takes a GPU where one can be used, and the CPU otherwise. */
export type Device = 'auto' | 'cpu' | 'cuda';

/** What was got. */
export interface ProviderInfo {
  readonly provider: 'cpu' | 'cuda';
  /** Threads that compute one batch. */
  readonly threads: number;
  /** Why `auto` did not take the GPU; null otherwise. */
  readonly reason: string | null;
}

/** How to get the CUDA libraries, which are not in the npm package: see docs/gpu.md. */
const CUDA_MEND =
  'on Linux x64 with CUDA 12 and cuDNN 9, run `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node --ignore-scripts=false` (docs/gpu.md), or set EMBEDDINGS_DEVICE=cpu';

/**
 * Opens a model on the device asked for and says what was got.
 *
 * @throws AppError `unsupported` if `cuda` is asked for and cannot be had; `invalid_input` if the file is no model
 */
export async function openSession(
  modelPath: string,
  { device, threads, avoidsGpu }: { device: Device; threads: number; avoidsGpu: boolean },
): Promise<{ session: InferenceSession; info: ProviderInfo }> {
  const onCpu = async (reason: string | null) => ({
    session: await createCpuSession(modelPath, threads),
    info: { provider: 'cpu' as const, threads, reason },
  });
  if (device === 'cpu') return onCpu(null);
  if (device === 'auto' && avoidsGpu) {
    return onCpu('the model is dynamically quantised, which is made for CPUs');
  }
  const absence = whyNoCuda();
  if (absence !== null && device === 'auto') return onCpu(absence);
  if (absence !== null) throw new AppError('unsupported', `no CUDA: ${absence}; ${CUDA_MEND}`);
  try {
    const session = await InferenceSession.create(modelPath, { executionProviders: ['cuda'] });
    return { session, info: { provider: 'cuda', threads, reason: null } };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    if (device === 'auto') return onCpu(`CUDA did not start: ${message}`);
    throw new AppError('unsupported', `CUDA did not start: ${message}; ${CUDA_MEND}`, { cause });
  }
}

/**
 * Threads that spin for a tenth of a millisecond, then sleep. onnxruntime's default, to spin for long, is no faster alone
 * on a machine by more than a tenth, and beside ingest on the same cores takes up to 1.8 times the CPU time per text,
 * since a spinning thread keeps the working one from its core. Vectors are the same to the bit.
 */
export function cpuSessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '100' } } },
  };
}

async function createCpuSession(modelPath: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(modelPath, cpuSessionOptions(threads));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('invalid_input', `cannot load the embedding model ${modelPath}: ${message}`, {
      cause,
    });
  }
}

/** Why CUDA cannot be tried; null if it can. Looked up first, since a failed try writes errors to standard error. */
function whyNoCuda(): string | null {
  if (!listSupportedBackends().some(({ name }) => name === 'cuda')) {
    return `onnxruntime-node has no CUDA for ${process.platform}-${process.arch}`;
  }
  const library = join(
    dirname(createRequire(import.meta.url).resolve('onnxruntime-node')),
    `../bin/napi-v6/${process.platform}/${process.arch}/libonnxruntime_providers_cuda.so`,
  );
  return existsSync(library) ? null : 'its libraries are not installed';
}
