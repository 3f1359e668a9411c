import type { Cause } from '../../core/cause.ts';
import { causeWords } from '../../core/cause-words.ts';
import type { Incident } from '../../core/incident.ts';
import type { Logger } from '../../core/log.ts';

export interface AttributorOptions {
  /** @throws AppError of the store, or if it took too long */
  readonly explain: (
    incident: Incident,
    options: { readonly stage: Cause['stage']; readonly signal: AbortSignal },
  ) => Promise<Cause | null>;
  readonly write: (cause: Cause) => Promise<void>;
  /** What is known already of these incidents. */
  readonly read: (incidentIds: readonly string[]) => Promise<readonly Cause[]>;
  readonly now: () => Date;
  readonly log: Logger;
}

/** Finds out what explains incidents, beside the alerter and never in its way. */
export interface Attributor {
  /** Begins with the next one that is due, if none is under way, and does not wait for it. */
  turn(standing: readonly Incident[]): void;
  /** By incident, what probably did it, in words. */
  causes(): ReadonlyMap<string, string>;
  isIdle(): boolean;
  /** Breaks off what is under way. */
  stop(): Promise<void>;
}

/** Windows after it opened: then what came with it is there, and there is more to compare. */
const SETTLED_WINDOWS = 6;
/** A failure is most often the store's, and passes. */
const ATTEMPTS_MAX = 3;
const WAIT_MS = 60_000;

interface Due {
  readonly incident: Incident;
  readonly stage: Cause['stage'];
}

interface Known {
  /** Null: nothing could be said so far. */
  stage: Cause['stage'] | null;
  words: string;
  attempts: number;
  notBefore: number;
}

/**
 * Explains each incident that speaks for itself twice: when it opens, and once more when it has stood for a while. One at a time, the most urgent first; what fails is
 * tried again a few times and then left, with a line in the log.
 */
export function createAttributor(options: AttributorOptions): Attributor {
  return new Worker(options);
}

class Worker implements Attributor {
  readonly #options: AttributorOptions;
  readonly #known = new Map<string, Known>();
  #words: ReadonlyMap<string, string> = new Map();
  #working: Promise<void> | null = null;
  readonly #stopping = new AbortController();

  constructor(options: AttributorOptions) {
    this.#options = options;
  }

  turn(standing: readonly Incident[]): void {
    if (this.#working || this.#stopping.signal.aborted) return;
    const opened = standing.filter(isExplained);
    this.#forget(standing);
    const unread = opened.filter(({ id }) => !this.#known.has(id));
    if (unread.length === 0 && !this.#due(opened)) return;
    this.#working = this.#work(opened, unread)
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error }, 'what explains incidents could not be read or stored');
      })
      .finally(() => {
        this.#working = null;
      });
  }

  causes(): ReadonlyMap<string, string> {
    return this.#words;
  }

  isIdle(): boolean {
    return this.#working === null;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #work(opened: readonly Incident[], unread: readonly Incident[]): Promise<void> {
    await this.#read(unread.map(({ id }) => id));
    const next = this.#due(opened);
    if (!next || this.#stopping.signal.aborted) return;
    const { incident, stage } = next;
    const known = this.#known.get(incident.id) ?? unknown();
    this.#known.set(incident.id, known);
    known.attempts++;
    known.notBefore = this.#options.now().getTime() + WAIT_MS;
    try {
      const cause = await this.#options.explain(incident, { stage, signal: this.#stopping.signal });
      known.attempts = 0;
      known.stage = stage;
      if (!cause) return;
      await this.#options.write(cause);
      known.words = causeWords(cause);
      this.#tell();
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const { id } = incident;
      this.#options.log.warn({ err: error, incident: id }, 'an incident could not be explained');
    }
  }

  async #read(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const causes = new Map((await this.#options.read(ids)).map((cause) => [cause.incidentId, cause]));
    for (const id of ids) {
      const cause = causes.get(id);
      this.#known.set(id, cause ? { ...unknown(), stage: cause.stage, words: causeWords(cause) } : unknown());
    }
    this.#tell();
  }

  /** What nobody has looked at before what is looked at again; the last opened first. */
  #due(opened: readonly Incident[]): Due | null {
    const nowMs = this.#options.now().getTime();
    const due = opened.flatMap((incident): Due[] => {
      const known = this.#known.get(incident.id) ?? unknown();
      if (known.attempts >= ATTEMPTS_MAX || (known.attempts > 0 && nowMs < known.notBefore)) return [];
      if (known.stage === null) return [{ incident, stage: 'first' }];
      const isSettled =
        incident.windowMs > 0 &&
        incident.updatedAt.getTime() - incident.openedAt.getTime() >= SETTLED_WINDOWS * incident.windowMs;
      return known.stage === 'first' && isSettled ? [{ incident, stage: 'settled' }] : [];
    });
    const isFirst = ({ stage }: Due): number => Number(stage === 'first');
    const [next] = due.sort(
      (a, b) =>
        isFirst(b) - isFirst(a) ||
        SEVERITY_RANKS[b.incident.severity] - SEVERITY_RANKS[a.incident.severity] ||
        b.incident.openedAt.getTime() - a.incident.openedAt.getTime(),
    );
    return next ?? null;
  }

  #forget(standing: readonly Incident[]): void {
    const ids = new Set(standing.map(({ id }) => id));
    const gone = [...this.#known.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.#known.delete(id);
    if (gone.length > 0) this.#tell();
  }

  #tell(): void {
    this.#words = new Map(
      [...this.#known].flatMap(([id, { words }]) => (words === '' ? [] : [[id, words] as const])),
    );
  }
}

const SEVERITY_RANKS = { info: 0, warning: 1, critical: 2 } as const;

/** What is no change of the inferences themselves: nothing arrives, money runs out, a group is treated otherwise (the group is the cause), people judge otherwise. */
const UNEXPLAINED: ReadonlySet<Incident['detector']> = new Set(['presence', 'budget', 'disparity', 'judged']);

/** Open, told of by itself, and about inferences that there are. */
const isExplained = ({ state, mutedBy, detector }: Incident): boolean =>
  state === 'open' && mutedBy === '' && !UNEXPLAINED.has(detector);

const unknown = (): Known => ({ stage: null, words: '', attempts: 0, notBefore: 0 });
