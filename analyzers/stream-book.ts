import { type StreamKey, streamName } from '../core/finding.ts';
import type { JudgedStream, StoredState } from '../core/stream-store.ts';
import { joinState, splitState } from './state-parts.ts';

/** What is remembered of a stream: by detector family, and where it is. */
export interface StreamEntry {
  readonly key: StreamKey;
  /** By name of the family; plain JSON. */
  readonly state: FamilyStates;
  /** End of its last window, in ms. */
  readonly until: number;
  /** What came late is judged up to this revision; 0: none was. */
  readonly late: number;
  /** With windows of rows: the last inference that was in one. */
  readonly after: { readonly at: number; readonly id: string } | null;
  /** Signals that are judged. */
  readonly signals: readonly string[];
  /** Inferences of about the last week. */
  readonly rows: number;
}

export type FamilyStates = Readonly<Record<string, unknown>>;

/** Where states are kept. */
export interface StreamStore {
  /** Every stream that has a state, the one that was judged last first. */
  judgedStreams(): Promise<readonly JudgedStream[]>;
  /** Parts of states by name, in the order of the keys; empty for a stream without one. */
  readStreamStates(keys: readonly StreamKey[]): Promise<readonly ReadonlyMap<string, string>[]>;
  writeStreamStates(states: readonly StoredState[]): Promise<void>;
}

/** What is known of all streams, of which few are in memory at a time. */
export interface StreamBook {
  /** Streams whose last window ended after an instant, by name. */
  judgedSince(ms: number): ReadonlyMap<string, JudgedStream>;
  /** Entries of these streams that have one, by name. */
  load(keys: readonly StreamKey[]): Promise<Map<string, StreamEntry>>;
  /** Stores entries; `loaded` gives what they were before the step. */
  save(entries: readonly StreamEntry[], loaded: ReadonlyMap<string, StreamEntry>): Promise<void>;
  /** Other versions of the same model and segment, the one that was judged last first. */
  versionsBeside(key: StreamKey): readonly StreamKey[];
}

/** Characters of JSON whose states stay in memory, where they take some eight times as much. */
const CACHED_CHARACTERS_MAX = 8_000_000;
/** A version that is compared with those before needs the last of them; more are history. */
const VERSIONS_BESIDE_MAX = 5;

/** Opens the book on what is stored. */
export async function openStreamBook(store: StreamStore): Promise<StreamBook> {
  const directory = createDirectory([...(await store.judgedStreams())].reverse());
  const cache = createStateCache();

  async function read(keys: readonly StreamKey[]): Promise<StreamEntry[]> {
    if (keys.length === 0) return [];
    return (await store.readStreamStates(keys)).flatMap((parts) => {
      const entry = joinState(parts) as StreamEntry | null;
      if (entry === null) return [];
      const stored = new Set([...parts.keys()].filter((part) => part !== ''));
      cache.keep(streamName(entry.key), { entry, stored, characters: charactersOf(parts.values()) });
      return [entry];
    });
  }

  return {
    judgedSince: directory.since,
    versionsBeside: directory.versionsBeside,

    async load(keys) {
      const cached = keys.map((key) => ({ key, entry: cache.use(streamName(key)) }));
      const missing = cached.filter(({ key, entry }) => entry === null && directory.has(key));
      const entries = [
        ...cached.flatMap(({ entry }) => entry ?? []),
        ...(await read(missing.map(({ key }) => key))),
      ];
      return new Map(entries.map((entry) => [streamName(entry.key), entry]));
    },

    async save(entries, loaded) {
      const written = entries.map((entry) => {
        const name = streamName(entry.key);
        const { key, signals, rows, until } = entry;
        const stored = cache.stored(name);
        const { moving, added, named } = splitState(entry, loaded.get(name) ?? null, stored);
        const gone = [...stored].filter((part) => !named.has(part));
        return {
          name,
          entry,
          named,
          row: { key, signals, rows, until: new Date(until), moving, added, gone },
        };
      });
      // Until it is stored, what is stored is not known.
      for (const { name } of written) cache.forget(name);
      await store.writeStreamStates(written.map(({ row }) => row));
      for (const { name, entry, named, row } of written) {
        directory.enter(row);
        const characters = row.moving.length + charactersOf(row.added.values());
        cache.keep(name, { entry, stored: named, characters });
      }
    },
  };
}

/** Where every stream is, without what it remembers; the last judged last. */
function createDirectory(streams: readonly JudgedStream[]) {
  const all = new Map<string, JudgedStream>();
  const byModel = new Map<string, Map<string, StreamKey>>();

  function enter(stream: JudgedStream): void {
    const name = streamName(stream.key);
    all.set(name, stream);
    const model = modelOf(stream.key);
    const versions = byModel.get(model) ?? new Map<string, StreamKey>();
    versions.delete(name);
    byModel.set(model, versions.set(name, stream.key));
  }
  for (const stream of streams) enter(stream);
  return {
    enter,
    has: (key: StreamKey): boolean => all.has(streamName(key)),
    since: (ms: number) => new Map([...all].filter(([, { until }]) => until.getTime() > ms)),
    versionsBeside(key: StreamKey): readonly StreamKey[] {
      const versions = [...(byModel.get(modelOf(key))?.values() ?? [])].reverse();
      return versions.filter(({ version }) => version !== key.version).slice(0, VERSIONS_BESIDE_MAX);
    },
  };
}

interface Cached {
  readonly entry: StreamEntry;
  /** Names of its parts that are stored. */
  readonly stored: ReadonlySet<string>;
  readonly characters: number;
}

const NO_PARTS: ReadonlySet<string> = new Set();

/** States in memory, those that were used last. */
function createStateCache() {
  const states = new Map<string, Cached>();
  /** What is stored of states that had no room: names alone, of streams about to be written. */
  const outside = new Map<string, ReadonlySet<string>>();
  let characters = 0;

  function forget(name: string): void {
    characters -= states.get(name)?.characters ?? 0;
    states.delete(name);
    outside.delete(name);
  }
  function keep(name: string, cached: Cached): void {
    forget(name);
    states.set(name, cached);
    characters += cached.characters;
    for (const [oldest, { stored }] of states) {
      if (characters <= CACHED_CHARACTERS_MAX) break;
      forget(oldest);
      outside.set(oldest, stored);
    }
  }
  return {
    keep,
    forget,
    use(name: string): StreamEntry | null {
      const cached = states.get(name);
      if (cached) keep(name, cached);
      return cached?.entry ?? null;
    },
    stored: (name: string) => states.get(name)?.stored ?? outside.get(name) ?? NO_PARTS,
  };
}

const charactersOf = (texts: Iterable<string>): number =>
  [...texts].reduce((sum, text) => sum + text.length, 0);

const modelOf = ({ project, model, segment }: StreamKey): string => JSON.stringify([project, model, segment]);
