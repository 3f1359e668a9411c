import { z } from 'zod';
import { matcherText, parseMatcher, type Silence } from '../../core/silence.ts';
import type { Store } from '../client.ts';
import { Instant, toSqlInstant } from '../instant.ts';
import { revisionNow } from './states.ts';

const Row = z.object({
  project: z.string(),
  id: z.string(),
  matchers: z.array(z.string()),
  starts_at: Instant,
  ends_at: Instant,
  author: z.string(),
  comment: z.string(),
});

/** Stores a silence; one of the same project and id is replaced. */
export async function writeSilence(store: Store, silence: Silence): Promise<void> {
  const { project, id, matchers, startsAt, endsAt, author, comment } = silence;
  const row = {
    project,
    id,
    matchers: matchers.map(matcherText),
    starts_at: toSqlInstant(startsAt),
    ends_at: toSqlInstant(endsAt),
    author,
    comment,
    created_at: revisionNow(),
    revision: revisionNow(),
  };
  await store.insertLines('silences', Buffer.from(`${JSON.stringify(row)}\n`));
}

/**
 * Silences that end after an instant, the next to end first, at most 1,000 of each project: those that last.
 *
 * @param project those of it and of all projects; empty for every silence
 */
export async function readSilences(
  store: Store,
  { endAfter, project }: { endAfter: Date; project: string },
): Promise<Silence[]> {
  const rows = await store.rows(
    `SELECT project, id, matchers, starts_at, ends_at, author, comment FROM silences FINAL
      WHERE ends_at > {endAfter: DateTime64(3, 'UTC')}
        AND ({project: String} = '' OR project IN ('', {project: String}))
      ORDER BY ends_at DESC, id LIMIT 1000 BY project`,
    { endAfter: toSqlInstant(endAfter), project },
  );
  return z
    .array(Row)
    .parse(rows)
    .reverse()
    .map(({ matchers, starts_at, ends_at, ...row }) => ({
      ...row,
      startsAt: starts_at,
      endsAt: ends_at,
      matchers: matchers.flatMap((text) => parseMatcher(text) ?? []),
    }));
}
