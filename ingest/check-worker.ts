import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../core/errors.ts';
import { type CheckedParts, type CheckOptions, createCheck, type RecordKind } from './check-block.ts';
import { type CheckedOtlp, createOtlpCheck, type OtlpTask } from './otlp/check-otlp.ts';
import type { ProjectRule } from './project-rule.ts';
import { createSignals, type SignalsOptions } from './signals/compute.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  readonly options: CheckOptions;
  readonly signals: SignalsOptions;
}

/** Records of a kind, or an OpenTelemetry export. */
export type CheckTask = RecordKind | OtlpTask;

export interface WorkerJob {
  readonly body: Uint8Array;
  readonly task: CheckTask;
  readonly nowMs: number;
  readonly project: ProjectRule | undefined;
}

export type WorkerAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly checked: CheckedParts }
  | { readonly kind: 'otlp'; readonly checked: CheckedOtlp<CheckedParts> }
  | { readonly kind: 'refused'; readonly error: Pick<AppError, 'code' | 'message' | 'context'> };

/** The worker thread of check-pool.ts: one job at a time. What is not an AppError is a bug, and ends the thread. */
function serve(port: NonNullable<typeof parentPort>, { options, signals }: WorkerSetup): void {
  const computeSignals = createSignals(signals);
  const check = createCheck(options, (inference) => ({ ...computeSignals(inference) }));
  const checkOtlp = createOtlpCheck(check, options);
  const post = (answer: WorkerAnswer, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(answer, transfer);
  port.on('message', ({ body, task, nowMs, project }: WorkerJob) => {
    const now = new Date(nowMs);
    try {
      if (typeof task === 'string') {
        const checked = check(body, { kind: task, now, project });
        post({ kind: 'done', checked }, buffersOf(checked));
      } else {
        const checked = checkOtlp(body, task, now);
        const { inferences, scores, contents } = checked;
        post({ kind: 'otlp', checked }, [inferences, scores, contents].flatMap(buffersOf));
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { code, message, context } = error;
      post({ kind: 'refused', error: { code, message, context } });
    }
  });
  post({ kind: 'ready' });
}

function buffersOf({ parts, indexes }: CheckedParts): ArrayBuffer[] {
  const views = [parts.lines, parts.offsets, parts.timestampsMs, indexes];
  return views.map((view) => view.buffer as ArrayBuffer);
}

if (parentPort) serve(parentPort, workerData as WorkerSetup);
