import type { EpisodeReason, Observation } from '../../alerts/episode.ts';
import { leadingAlarm } from '../../alerts/incident-of.ts';
import { governing, type Observed, type ObserveOptions, observe } from '../../alerts/observe.ts';
import type { PlannedReceiver } from '../../alerts/plan.ts';
import { leadOf, speakerOf } from '../../alerts/speaker.ts';
import { type AlertState, type AlertStep, isStanding, step } from '../../alerts/step.ts';
import type { AlertRule } from '../../core/alert-rule.ts';
import type { Finding } from '../../core/finding.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Incident } from '../../core/incident.ts';
import type { Logger } from '../../core/log.ts';
import { compareSeverity } from '../../core/severity.ts';
import { aspectOf } from '../../core/signals.ts';
import { isSilencedBy, type Silence } from '../../core/silence.ts';
import { compareVerdicts } from '../../core/verdict.ts';
import type { StoredIncident } from '../../sql/queries/incidents.ts';
import { type AlertBook, keyOf } from './alert-book.ts';
import { Speakers } from './speakers.ts';

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
  /** Incidents that somebody has closed. */
  readonly closings: ReadonlySet<string>;
  /** By incident, what probably did it, in words. */
  readonly causes: ReadonlyMap<string, string>;
}

/** What the clock, not a window, says about a stream: observed of the incident or aspect of that key. */
export interface ClockObservation {
  readonly key: string;
  /** What governs it; null if nothing does. */
  readonly rule: AlertRule | null;
  readonly observation: Observation & { readonly until: Date };
}

export interface TurnOptions {
  readonly now: Date;
  readonly circumstances: AlertCircumstances;
  readonly log: Logger;
}

/** What one turn of the alerter changes, apart from the book until it is stored. */
export class AlertTurn {
  readonly changes: IncidentChange[] = [];
  readonly #book: AlertBook;
  readonly #options: TurnOptions;
  /** By key, every state that came to be, in order: an episode may end and the next begin in one turn. */
  readonly #states = new Map<string, AlertState[]>();

  readonly #speakers: Speakers;

  constructor(book: AlertBook, options: TurnOptions) {
    this.#book = book;
    this.#options = options;
    this.#speakers = new Speakers(book.standing().map(([, incident]) => incident));
  }

  /** Findings of one stream and window. */
  window(findings: readonly Finding[]): void {
    const [first] = findings;
    if (!first) return;
    const seen: { key: string; observed: Observed }[] = [];
    for (const [aspect, some] of groupBy(findings, ({ signal }) => aspectOf(signal))) {
      const key = keyOf(first, aspect);
      const { incident } = this.#stateOf(key);
      // It has seen this window: the process was killed before it wrote its cursor, or the window came late.
      if (incident && incident.updatedAt >= first.until) continue;
      this.#guarded(key, () => {
        const standing = incident && isStanding(incident) ? incident : null;
        seen.push({ key, observed: observe(some, standing, this.#options.circumstances) });
      });
    }
    // What matters most first: it may speak for the others.
    seen.sort((a, b) => compareUrgency(b.observed, a.observed));
    for (const { key, observed } of seen)
      this.#guarded(key, () => {
        this.#advance(key, { ...observed.observation, until: first.until }, observed.rule);
      });
  }

  observed({ key, rule, observation }: ClockObservation): void {
    this.#guarded(key, () => {
      this.#advance(key, observation, rule);
    });
  }

  /** Of what stands: what somebody has closed, or no rule governs any more, ends; the rest may be due for a word. */
  timePasses(): void {
    const keys = new Set([...this.#book.standing().map(([key]) => key), ...this.#states.keys()]);
    for (const key of keys) this.#guarded(key, () => this.#pass(key));
  }

  /** To be stored. */
  touched(): StoredIncident[] {
    return [...this.#states.values()]
      .flat()
      .flatMap(({ incident, told }) => (incident ? [{ incident, told }] : []));
  }

  /** Takes over into the book what has been stored. */
  keep(): void {
    for (const [key, states] of this.#states) for (const state of states) this.#book.keep(key, state);
  }

  #stateOf(key: string): AlertState {
    return this.#states.get(key)?.at(-1) ?? this.#book.state(key);
  }

  #pass(key: string): void {
    const { now, circumstances } = this.#options;
    const { incident } = this.#stateOf(key);
    const rule = incident && governing(incident, circumstances.rules);
    // Who closes what was told closes what was told with it.
    const isClosed = [incident?.id, incident?.mutedBy].some(
      (id) => id !== undefined && circumstances.closings.has(id),
    );
    const isEnding = incident && isStanding(incident) && (rule === null || isClosed);
    const until = incident && incident.updatedAt > now ? incident.updatedAt : now;
    this.#advance(key, isEnding ? { kind: 'accepted', until } : null, rule);
  }

  #advance(key: string, observation: Parameters<typeof step>[1], rule: AlertRule | null): void {
    const { now, circumstances } = this.#options;
    const { receivers, silences, acknowledgements, causes } = circumstances;
    const before = this.#stateOf(key);
    const { incident } = before;
    const stepped = step(before, observation, {
      now,
      rule,
      receivers,
      silences,
      delivered: incident ? this.#book.delivered(incident.id) : {},
      acknowledged: (incident && acknowledgements.get(incident.id)) ?? incident?.acknowledged ?? null,
      speakerFor: (one) => speakerOf(one, this.#speakers.of(one), this.#reaches),
      spokenForBy: (one) => this.#speakers.spokenForBy(one),
      causes,
    });
    this.#note(key, before, stepped);
  }

  #note(key: string, before: AlertState, { state, effects, reason }: AlertStep): void {
    const { incident } = state;
    if (incident === null || (incident === before.incident && effects.length === 0)) return;
    const states = this.#states.get(key) ?? [];
    const isSame = states.at(-1)?.incident?.id === incident.id;
    this.#states.set(key, [...(isSame ? states.slice(0, -1) : states), state]);
    if (incident === before.incident) return;
    this.#speakers.keep(incident);
    this.changes.push({ incident, reason });
  }

  /** Nobody who would be told of the second goes without, when the first speaks for it. */
  readonly #reaches = (speaker: Incident, incident: Incident): boolean => {
    const { now, circumstances } = this.#options;
    const { rules, silences } = circumstances;
    const isHushed = (one: Incident): boolean => silences.some((silence) => isSilencedBy(silence, one, now));
    if (isHushed(speaker) && !isHushed(incident)) return false;
    const told = governing(speaker, rules)?.receivers ?? null;
    const wanted = governing(incident, rules)?.receivers ?? null;
    return told === null || wanted?.every((name) => told.includes(name)) === true;
  };

  /** One that cannot be judged keeps no other from it: it is told in the log, and its window is left out. */
  #guarded(key: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.log.error({ err: error, key }, 'an incident could not be judged: its window is left out');
    }
  }
}

/** Positive if `a` is to open its incident before `b`: alarms first, of these the most urgent, the worst, and what names a change best. */
function compareUrgency({ observation: a }: Observed, { observation: b }: Observed): number {
  if (a.kind !== 'alarm' || b.kind !== 'alarm')
    return Number(a.kind === 'alarm') - Number(b.kind === 'alarm');
  const [one, other] = [leadingAlarm(a.alarms), leadingAlarm(b.alarms)];
  if (!one || !other) return 0;
  return (
    compareSeverity(a.severity, b.severity) ||
    compareVerdicts(one.verdict ?? 'change', other.verdict ?? 'change') ||
    leadOf({ ...one, aspect: aspectOf(one.signal) }) - leadOf({ ...other, aspect: aspectOf(other.signal) }) ||
    one.evidence - other.evidence
  );
}
