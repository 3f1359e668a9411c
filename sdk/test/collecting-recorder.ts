import type { InferenceRecord } from '../src/inference-record.ts';
import type { OpenCall, Recorder } from '../src/recorder.ts';

export interface Collected extends Partial<InferenceRecord> {
  /** How often a first token was told. */
  readonly firstTokens: number;
}

/** Keeps what the hooks hand in: the contract of src/recorder.ts without queue, clock and transport. */
export interface CollectingRecorder extends Recorder {
  readonly begun: number;
  readonly records: readonly Collected[];
  idOf(result: unknown): string | undefined;
  forget(): void;
}

export function collectingRecorder(): CollectingRecorder {
  let records: Collected[] = [];
  let begun = 0;
  let links = new WeakMap<object, string>();
  return {
    get begun() {
      return begun;
    },
    get records() {
      return records;
    },
    begin(describe): OpenCall {
      const id = `call-${++begun}`;
      const start = attempt(describe);
      let firstTokens = 0;
      let isOver = false;
      return {
        id,
        firstToken: () => {
          firstTokens++;
        },
        end: (describeEnd) => {
          if (isOver) return;
          isOver = true;
          records.push({ id, status: 'ok', ...start, ...attempt(describeEnd), firstTokens });
        },
      };
    },
    link(result, call) {
      if (typeof result === 'object' && result !== null) links.set(result, call.id);
    },
    idOf: (result) => (typeof result === 'object' && result !== null ? links.get(result) : undefined),
    forget() {
      records = [];
      begun = 0;
      links = new WeakMap();
    },
  };
}

function attempt(describe: () => Partial<InferenceRecord>): Partial<InferenceRecord> {
  try {
    return describe();
  } catch {
    return {};
  }
}
