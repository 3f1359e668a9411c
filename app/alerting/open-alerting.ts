import type { EpisodeReason, Observation } from '../../alerts/episode.ts';
import { governing, type ObserveOptions, observe } from '../../alerts/observe.ts';
import type { PlannedReceiver } from '../../alerts/plan.ts';
import { type AlertState, type AlertStep, isStanding, step } from '../../alerts/step.ts';
import type { AlertRule } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Incident } from '../../core/incident.ts';
import type { Silence } from '../../core/silence.ts';
import type { Store } from '../../sql/client.ts';
import { findingsAfter } from '../../sql/queries/findings.ts';
import { type StoredIncident, writeIncidents } from '../../sql/queries/incidents.ts';
import { readStates, writeStates } from '../../sql/queries/states.ts';
import { type AlertBook, aspectOf, keyOf, openAlertBook } from './alert-book.ts';

/** An incident that a turn touched, and why. */
export interface IncidentChange {
  readonly incident: Incident;
  readonly reason: EpisodeReason | 'tick';
}

/** What is known besides findings: whom to tell, and what people have said. All as it is now. */
export interface AlertCircumstances extends ObserveOptions {
  readonly receivers: readonly PlannedReceiver[];
  readonly silences: readonly Silence[];
  /** By incident. */
  readonly acknowledgements: ReadonlyMap<string, NonNullable<Incident['acknowledged']>>;
}

export interface AlertingOptions {
  readonly now: () => Date;
  readonly circumstances: () => AlertCircumstances;
  /** Called for every incident that a turn touched, after it is stored. */
  readonly onChange: (change: IncidentChange) => void;
}

/** What the clock, not a window, says about a stream: observed of the incident or aspect of that key. */
export interface ClockObservation {
  readonly key: string;
  /** What governs it; null if nothing does. */
  readonly rule: AlertRule | null;
  readonly observation: Observation & { readonly until: Date };
}

export interface Alerting {
  readonly book: AlertBook;
  /**
   * Turns the findings written since the last turn into incidents, and what follows from time passing into
   * notifications; true if there are more.
   */
  turn(seen?: readonly ClockObservation[]): Promise<boolean>;
}

/** Findings read at once; a window has one per signal. */
const FINDINGS_PER_TURN = 20_000;
/** What changes nothing that a person would want to hear of at once. */
const UNSEEN: ReadonlySet<IncidentChange['reason']> = new Set([
  'tick',
  'not_enough_data',
  'pending',
  'dropped',
]);
const KIND = 'alerting';
const CURSOR = 'cursor';
const START = '1970-01-01 00:00:00.000000';

/**
 * Findings in, incidents and what is to be said of them out, by way of their tables. One insert holds both, and the cursor
 * is written after it: killed between the two, the same findings are read again and find their work done.
 */
export async function openAlerting(store: Store, options: AlertingOptions): Promise<Alerting> {
  let cursor = ((await readStates(store, KIND)).get(CURSOR) as string | undefined) ?? START;
  const book = await openAlertBook(store, options.now());

  async function save(turn: Turn, revision: string | undefined): Promise<void> {
    const touched = turn.touched();
    if (touched.length > 0) await writeIncidents(store, touched);
    if (revision !== undefined) await writeStates(store, KIND, new Map([[CURSOR, revision]]));
    cursor = revision ?? cursor;
    turn.keep();
    for (const change of turn.changes) if (!UNSEEN.has(change.reason)) options.onChange(change);
  }

  return {
    book,
    async turn(seen = []) {
      const rows = await findingsAfter(store, { revision: cursor, limit: FINDINGS_PER_TURN });
      const [whole, hasMore] = wholeWindows(rows);
      const turn = createTurn(book, { now: options.now(), circumstances: options.circumstances() });
      for (const findings of groupBy(
        whole.map((row) => row.finding),
        windowOf,
      ).values())
        turn.window(findings);
      for (const one of seen) turn.observed(one);
      turn.timePasses();
      await save(turn, whole.at(-1)?.revision);
      return hasMore;
    },
  };
}

interface Turn {
  readonly changes: readonly IncidentChange[];
  window(findings: readonly Finding[]): void;
  observed(seen: ClockObservation): void;
  timePasses(): void;
  /** To be stored. */
  touched(): StoredIncident[];
  /** Takes over into the book what has been stored. */
  keep(): void;
}

/** What one turn changes, apart from the book until it is stored. */
function createTurn(
  book: AlertBook,
  { now, circumstances }: { now: Date; circumstances: AlertCircumstances },
): Turn {
  const { rules, receivers, silences, acknowledgements } = circumstances;
  /** By key, every state that came to be, in order: an episode may end and the next begin in one turn. */
  const states = new Map<string, AlertState[]>();
  const changes: IncidentChange[] = [];
  const stateOf = (key: string): AlertState => states.get(key)?.at(-1) ?? book.state(key);

  function advance(key: string, observation: Parameters<typeof step>[1], rule = ruleOf(key)): void {
    const before = stateOf(key);
    const { incident } = before;
    const stepped = step(before, observation, {
      now,
      rule,
      receivers,
      silences,
      delivered: incident ? book.delivered(incident.id) : {},
      acknowledged: (incident && acknowledgements.get(incident.id)) ?? incident?.acknowledged ?? null,
      mutedBy: incident ? speakerFor(incident) : '',
    });
    note(key, before, stepped);
  }

  function ruleOf(key: string) {
    const { incident } = stateOf(key);
    return incident && governing(incident, rules);
  }

  function note(key: string, before: AlertState, { state, effects, reason }: AlertStep): void {
    const { incident } = state;
    if (incident === null || (incident === before.incident && effects.length === 0)) return;
    const [last, ...earlier] = (states.get(key) ?? []).toReversed();
    const isNext = last?.incident?.id !== incident.id;
    states.set(key, [...earlier.toReversed(), ...(isNext && last ? [last] : []), state]);
    if (incident !== before.incident) changes.push({ incident, reason });
  }

  /** Id of the incident of the whole stream that says the same of this segment's. */
  function speakerFor({ project, model, version, segment, aspect }: Incident): string {
    if (segment === '') return '';
    const { incident } = stateOf(keyOf({ project, model, version, segment: '' }, aspect));
    return incident && isStanding(incident) && incident.state !== 'pending' ? incident.id : '';
  }

  return {
    changes,
    window(findings) {
      const [first] = findings;
      if (!first) return;
      for (const [aspect, some] of groupBy(findings, ({ signal }) => aspectOf(signal))) {
        const key = keyOf(first, aspect);
        const { incident } = stateOf(key);
        // It has seen this window: the process was killed before it wrote its cursor, or the window came late.
        if (incident && incident.updatedAt >= first.until) continue;
        const standing = incident && isStanding(incident) ? incident : null;
        const { observation, rule } = observe(some, standing, circumstances);
        advance(key, { ...observation, until: first.until }, rule);
      }
    },
    observed: ({ key, rule, observation }) => advance(key, observation, rule),
    timePasses() {
      for (const key of new Set([...book.standing().map(([name]) => name), ...states.keys()]))
        advance(key, null);
    },
    touched: () =>
      [...states.values()].flat().flatMap(({ incident, told }) => (incident ? [{ incident, told }] : [])),
    keep() {
      for (const [key, some] of states) for (const state of some) book.keep(key, state);
    },
  };
}

const windowOf = ({ project, model, version, segment, until }: Finding): string =>
  JSON.stringify([project, model, version, segment, until.getTime()]);

/** Leaves the last window for the next turn if the bound may have cut it. */
function wholeWindows<T extends { finding: Finding }>(
  rows: readonly T[],
): [rows: readonly T[], hasMore: boolean] {
  const last = rows.at(-1);
  if (!last || rows.length < FINDINGS_PER_TURN) return [rows, false];
  const whole = rows.filter((row) => windowOf(row.finding) !== windowOf(last.finding));
  return [whole.length > 0 ? whole : rows, true];
}
