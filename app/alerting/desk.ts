import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { probableCause } from '../../core/cause-words.ts';
import { Duration } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import type { Incident } from '../../core/incident.ts';
import { incidentTitle } from '../../core/incident-words.ts';
import { MATCHED_FIELDS, matcherText, parseMatcher, type Silence } from '../../core/silence.ts';
import { spokenForLines } from '../../core/spoken-words.ts';
import type { Store } from '../../sql/client.ts';
import { writeAcknowledgement } from '../../sql/queries/acknowledgements.ts';
import { incidentById, incidentList } from '../../sql/queries/incident-list.ts';
import { readSilences, writeSilence } from '../../sql/queries/silences.ts';

const Line = (lettersMax: number) =>
  z
    .string()
    .trim()
    .max(lettersMax)
    .regex(/^\P{C}*$/u, 'expected letters that can be printed on one line');

const MATCHERS_MAX = 20;
const EXPECTED = `expected a matcher, such as model=gpt-* or severity!=critical; there are ${MATCHED_FIELDS.join(', ')} and label:NAME`;

/** What a silence is to be; as JSON. */
export const NewSilence = z.strictObject({
  /** `model=gpt-*`; all must match. At least one, so that nobody silences everything by mistake. */
  matchers: z
    .array(
      z
        .string()
        .max(1_000)
        .refine((text) => parseMatcher(text) !== null, EXPECTED),
    )
    .min(1, EXPECTED)
    .max(MATCHERS_MAX),
  /** From when on; at once if not given. */
  starts_at: z.iso.datetime({ offset: true }).optional(),
  /** From its start: 30m, 2h, 1d. */
  duration: z
    .string()
    .pipe(Duration)
    .refine((ms) => ms > 0 && ms <= 366 * 864e5, 'expected at most 366d'),
  author: Line(200).min(1, 'expected who silences it'),
  comment: Line(1_000).default(''),
  /** As records name it; empty: all projects. */
  project: z.string().max(1_000).default(''),
});

export const NewAcknowledgement = z.strictObject({
  author: Line(200).min(1, 'expected who takes it on'),
  comment: Line(1_000).default(''),
});

/** A silence as it is listed. */
export const ListedSilence = z.object({
  id: z.string(),
  project: z.string(),
  matchers: z.array(z.string()),
  starts_at: z.string(),
  ends_at: z.string(),
  author: z.string(),
  comment: z.string(),
});

/** An incident as it is listed. */
export const ListedIncident = z.object({
  id: z.string(),
  project: z.string(),
  title: z.string(),
  state: z.string(),
  condition: z.string(),
  severity: z.string(),
  rule: z.string(),
  since: z.string(),
  opened_at: z.string(),
  closed_at: z.string().nullable(),
  acknowledged_by: z.string().nullable(),
  /** Id of the incident that speaks for it; empty if none does. */
  spoken_for_by: z.string(),
  /** What changed with it, a line each. */
  changed_with_it: z.array(z.string()),
  /** What probably did it; empty until that is known. */
  cause: z.string(),
});

export type NewSilence = z.input<typeof NewSilence>;
export type NewAcknowledgement = z.input<typeof NewAcknowledgement>;
export type ListedSilence = z.infer<typeof ListedSilence>;
export type ListedIncident = z.infer<typeof ListedIncident>;

/**
 * Where people answer alerts. Every method takes the one project that the caller may reach (empty: all of them), and
 * rejects with AppError `invalid_input`, `not_found` or `forbidden`.
 */
export interface AlertDesk {
  /** Those that have not ended, the next to end first. */
  silences(project: string): Promise<ListedSilence[]>;
  silence(project: string, wanted: NewSilence): Promise<ListedSilence>;
  /** Ends one now. */
  expire(project: string, id: string): Promise<ListedSilence>;
  /** Those that are open, one of each cause; or all, and those too that others speak for. At most 500. */
  incidents(project: string, state: 'open' | 'all'): Promise<ListedIncident[]>;
  acknowledge(project: string, id: string, wanted: NewAcknowledgement): Promise<ListedIncident>;
  /** Says that one is over; the alerter closes it within seconds. What still alarms opens again. */
  close(project: string, id: string, wanted: NewAcknowledgement): Promise<ListedIncident>;
}

const INCIDENTS_MAX = 500;

/** On a store. The alerter hears of it within seconds. */
export function storeDesk(store: Store): AlertDesk {
  async function say(
    project: string,
    id: string,
    { closes, ...given }: NewAcknowledgement & { closes: boolean },
  ): Promise<ListedIncident> {
    const { author, comment } = parse(NewAcknowledgement, given, 'word');
    const incident = await incidentById(store, { project, id });
    if (!incident)
      throw new AppError('not_found', 'no incident has this id: plumbline incidents list shows them');
    if (incident.state === 'closed') throw new AppError('invalid_input', 'this incident has closed');
    const acknowledged = { by: author, at: new Date(), comment };
    await writeAcknowledgement(store, incident, { ...acknowledged, closes });
    return listedIncident({ ...incident, acknowledged });
  }
  return {
    async silences(project) {
      return (await readSilences(store, { endAfter: new Date(), project })).map(listedSilence);
    },
    async silence(project, given) {
      const wanted = parse(NewSilence, given, 'silence');
      if (project !== '' && wanted.project !== '' && wanted.project !== project)
        throw new AppError('forbidden', `this key is for project ${project} alone`);
      const startsAt = wanted.starts_at === undefined ? new Date() : new Date(wanted.starts_at);
      const silence: Silence = {
        id: randomUUID(),
        project: project === '' ? wanted.project : project,
        matchers: wanted.matchers.flatMap((text) => parseMatcher(text) ?? []),
        startsAt,
        endsAt: new Date(startsAt.getTime() + wanted.duration),
        author: wanted.author,
        comment: wanted.comment,
      };
      await writeSilence(store, silence);
      return listedSilence(silence);
    },
    async expire(project, id) {
      const known = await readSilences(store, { endAfter: new Date(), project });
      const silence = known.find((one) => one.id === id);
      if (!silence) throw new AppError('not_found', 'no silence of this id is in force, or will be');
      if (project !== '' && silence.project !== project)
        throw new AppError('forbidden', 'this silence is of all projects; this key is for one');
      const now = new Date();
      const startsAt = silence.startsAt < now ? silence.startsAt : now;
      const ended = { ...silence, startsAt, endsAt: now };
      await writeSilence(store, ended);
      return listedSilence(ended);
    },
    async incidents(project, state) {
      const query = {
        project,
        stream: null,
        state: state === 'all' ? state : 'unclosed',
        limit: INCIDENTS_MAX,
      } as const;
      const found = await incidentList(store, query);
      return found.filter(({ mutedBy }) => state === 'all' || mutedBy === '').map(listedIncident);
    },
    acknowledge: (project, id, given) => say(project, id, { ...given, closes: false }),
    close: (project, id, given) => say(project, id, { ...given, closes: true }),
  };
}

function parse<Schema extends z.ZodType>(schema: Schema, given: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || what}: ${message}`);
  throw new AppError('invalid_input', `no ${what} can be like this: ${faults.join('; ')}`);
}

function listedSilence({ startsAt, endsAt, matchers, ...rest }: Silence): ListedSilence {
  return {
    ...rest,
    matchers: matchers.map(matcherText),
    starts_at: startsAt.toISOString(),
    ends_at: endsAt.toISOString(),
  };
}

function listedIncident(incident: Incident): ListedIncident {
  const { id, project, state, condition, severity, rule, since, openedAt, closedAt, acknowledged, mutedBy } =
    incident;
  return {
    id,
    project,
    title: incidentTitle(incident),
    state,
    condition,
    severity,
    rule,
    since: since.toISOString(),
    opened_at: openedAt.toISOString(),
    closed_at: closedAt?.toISOString() ?? null,
    acknowledged_by: acknowledged?.by ?? null,
    spoken_for_by: mutedBy,
    changed_with_it: spokenForLines(incident),
    cause: probableCause(incident),
  };
}
