/**
 * What can go wrong without the host noticing:
 * `internal` a step of ours threw; `mask` the host's own mask did; `unreachable` no answer, or one that asks to come again;
 * `refused` the batch was turned away (key, address); `rejected` records in it were not right; `dropped` records did not
 * fit; `spill` the folder cannot be used; `settings` nothing is recorded, since a setting is missing or wrong.
 */
export type ProblemCode =
  | 'internal'
  | 'mask'
  | 'unreachable'
  | 'refused'
  | 'rejected'
  | 'dropped'
  | 'spill'
  | 'settings';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly cause?: unknown;
}

/** Where steps of ours tell what they caught. */
export interface Problems {
  tell(code: ProblemCode, message: string, cause?: unknown): void;
  /** How often each was told. */
  readonly counts: Readonly<Partial<Record<ProblemCode, number>>>;
}

/** Hands on the first problem of each code, and counts the rest: a fault that repeats 1,000 times a second is one line. */
export function createProblems(onProblem: ((problem: Problem) => void) | undefined): Problems {
  const counts: Partial<Record<ProblemCode, number>> = {};
  return {
    counts,
    tell(code, message, cause) {
      try {
        counts[code] = (counts[code] ?? 0) + 1;
        if (counts[code] !== 1) return;
        const problem: Problem = cause === undefined ? { code, message } : { code, message, cause };
        if (onProblem) onProblem(problem);
        else warn(problem);
      } catch {
        // The host's own handler threw: there is nobody left to tell.
      }
    },
  };
}

function warn({ code, message, cause }: Problem): void {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  // biome-ignore lint/suspicious/noConsole: the host's own place for warnings; a library has no log of its own.
  console.warn(`[plumbline] ${message}${why} (${code}; said once)`);
}
