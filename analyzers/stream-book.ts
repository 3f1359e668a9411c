import type { StreamKey } from '../core/finding.ts';
import type { JudgedStream, StoredState } from '../core/stream-store.ts';
import { joinState, splitState } from './state-parts.ts';
import { nameOf } from './watch-list.ts';

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

interface Cached {
  readonly entry: StreamEntry;
  readonly characters: number;
}

/** Opens the book on what is stored. */
export async function openStreamBook(store: StreamStore): Promise<StreamBook> {
  const directory = new Map<string, JudgedStream>();
  const byModel = new Map<string, Map<string, StreamKey>>();
  /** In order of use. */
  const cache = new Map<string, Cached>();
  /** Names of the parts that are stored, of streams in the cache or just loaded. */
  const stored = new Map<string, ReadonlySet<string>>();
  let cachedCharacters = 0;
  for (const stream of [...(await store.judgedStreams())].reverse()) enter(stream);

  function enter(stream: JudgedStream): void {
    const name = nameOf(stream.key);
    directory.set(name, stream);
    const model = modelOf(stream.key);
    const versions = byModel.get(model) ?? new Map<string, StreamKey>();
    versions.delete(name);
    byModel.set(model, versions.set(name, stream.key));
  }

  function keep(name: string, cached: Cached): void {
    cachedCharacters += cached.characters - (cache.get(name)?.characters ?? 0);
    cache.delete(name);
    cache.set(name, cached);
    for (const [oldest, { characters }] of cache) {
      if (cachedCharacters <= CACHED_CHARACTERS_MAX) break;
      cache.delete(oldest);
      stored.delete(oldest);
      cachedCharacters -= characters;
    }
  }

  function forget(name: string): void {
    cachedCharacters -= cache.get(name)?.characters ?? 0;
    cache.delete(name);
    stored.delete(name);
  }

  return {
    judgedSince: (ms) => new Map([...directory].filter(([, { until }]) => until.getTime() > ms)),

    async load(keys) {
      const found = new Map<string, StreamEntry>();
      const missing: StreamKey[] = [];
      for (const key of keys) {
        const name = nameOf(key);
        const cached = cache.get(name);
        if (cached) {
          keep(name, cached);
          found.set(name, cached.entry);
        } else if (directory.has(name)) missing.push(key);
      }
      if (missing.length === 0) return found;
      const read = await store.readStreamStates(missing);
      for (const [place, parts] of read.entries()) {
        const entry = joinState(parts) as StreamEntry | null;
        if (entry === null) continue;
        const name = nameOf(entry.key);
        found.set(name, entry);
        stored.set(name, new Set([...(read[place] ?? parts).keys()].filter((part) => part !== '')));
        keep(name, { entry, characters: charactersOf(parts.values()) });
      }
      return found;
    },

    async save(entries, loaded) {
      const written = entries.map((entry) => {
        const name = nameOf(entry.key);
        const was = stored.get(name) ?? new Set<string>();
        const split = splitState(entry, loaded.get(name) ?? null, was);
        const { key, signals, rows, until } = entry;
        const gone = [...was].filter((part) => !split.named.has(part));
        const { moving, added, named } = split;
        return { name, entry, named, row: { key, signals, rows, until: new Date(until), moving, added, gone } };
      });
      try {
        await store.writeStreamStates(written.map(({ row }) => row));
      } catch (error) {
        // What is stored now is not known.
        for (const { name } of written) forget(name);
        throw error;
      }
      for (const { name, entry, named, row } of written) {
        enter(row);
        stored.set(name, named);
        keep(name, { entry, characters: row.moving.length + charactersOf(row.added.values()) });
      }
    },

    versionsBeside(key) {
      const versions = [...(byModel.get(modelOf(key))?.values() ?? [])].reverse();
      return versions.filter(({ version }) => version !== key.version).slice(0, VERSIONS_BESIDE_MAX);
    },
  };
}

const charactersOf = (texts: Iterable<string>): number =>
  [...texts].reduce((sum, text) => sum + text.length, 0);

const modelOf = ({ project, model, segment }: StreamKey): string => JSON.stringify([project, model, segment]);
