import { z } from 'zod';
import { type StreamKey, streamName } from '../../core/finding.ts';
import type { JudgedStream, StoredState } from '../../core/stream-store.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { OF_STREAMS, ofStreams } from '../of-streams.ts';
import { revisionNow } from './states.ts';

const KEY = 'project, model, version, segment';
const Key = { project: z.string(), model: z.string(), version: z.string(), segment: z.string() };
const DirectoryRow = z.object({ ...Key, until: Instant, signals: z.array(z.string()), rows: z.number() });
const PartRow = z.object({ ...Key, part: z.string(), body: z.string() });

/** Every stream that has a state, the one that was judged last first. */
export async function judgedStreams(store: Store): Promise<JudgedStream[]> {
  const rows = z.array(DirectoryRow).parse(
    await store.rows(
      `SELECT ${KEY}, until, signals, rows FROM stream_states FINAL WHERE part = ''
        ORDER BY until DESC, ${KEY}`,
    ),
  );
  return rows.map(({ until, signals, rows: recent, ...key }) => ({ key, until, signals, rows: recent }));
}

/** The parts of these streams' states, by stream in the order given, as JSON by name; empty for a stream without one. */
export async function readStreamStates(
  store: Store,
  keys: readonly StreamKey[],
): Promise<Map<string, string>[]> {
  const rows = z.array(PartRow).parse(
    await store.rows(
      `SELECT ${KEY}, part, body FROM stream_states FINAL
        WHERE ${OF_STREAMS}`,
      ofStreams(keys),
    ),
  );
  const places = new Map(keys.map((key, place) => [streamName(key), place]));
  const found = keys.map(() => new Map<string, string>());
  for (const row of rows) found[places.get(streamName(row)) ?? -1]?.set(row.part, row.body);
  return found;
}

/** Replaces states, all in one insert. */
export async function writeStreamStates(store: Store, states: readonly StoredState[]): Promise<void> {
  const lines = states.flatMap(({ key, until, signals, rows, moving, added, gone }) => {
    const row = (part: string, body: string, isDeleted = 0): string =>
      JSON.stringify({
        ...keyOf(key),
        part,
        until: toSqlInstant(until),
        signals: part === '' ? signals : [],
        rows: part === '' ? rows : 0,
        is_deleted: isDeleted,
        body,
        revision: revisionNow(),
      });
    return [
      ...[...added].map(([part, body]) => row(part, body)),
      row('', moving),
      ...gone.map((part) => row(part, '', 1)),
    ];
  });
  await store.insertLines('stream_states', Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

/** Forgets the states of streams that were last written before an instant. */
export async function forgetStreamStates(store: Store, before: Date): Promise<void> {
  await store.command(
    `INSERT INTO stream_states (${KEY}, part, until, is_deleted, body, revision)
     SELECT ${KEY}, part, s.until, 1, '', toDateTime64({revision: Float64}, 6, 'UTC')
       FROM stream_states AS s FINAL
      WHERE (${KEY}) IN (
        SELECT ${KEY} FROM stream_states AS old FINAL WHERE part = '' AND old.revision < {before: DateTime64(3, 'UTC')})`,
    { before: toSqlInstant(before), revision: Number(revisionNow()) },
  );
}

const keyOf = ({ project, model, version, segment }: StreamKey): StreamKey => ({
  project,
  model,
  version,
  segment,
});
