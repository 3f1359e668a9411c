import type { ErrorCode } from '../../core/errors.ts';
import type { Device } from './execution-provider.ts';
import type { ModelInfo } from './sentence-model.ts';

/** What the worker is started with. */
export interface WorkerSettings {
  readonly modelFolder: string;
  readonly device: Device;
  readonly threads: number;
  readonly cacheTextsMax: number;
}

export type ToWorker =
  | { readonly kind: 'embed'; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: 'stop' };

export type FromWorker =
  | { readonly kind: 'ready'; readonly info: ModelInfo }
  /** The model cannot be loaded; the worker ends. */
  | { readonly kind: 'unready'; readonly failure: Failure }
  /** Vectors one after the other. */
  | { readonly kind: 'vectors'; readonly id: number; readonly values: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly id: number; readonly failure: Failure };

/** An error as it crosses threads, where classes are lost. `code` is null for a bug. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
}
