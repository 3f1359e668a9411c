import { isStanding } from '../../alerts/step.ts';
import type { StreamKey } from '../../core/finding.ts';
import type { Incident, SpokenFor } from '../../core/incident.ts';
import { changeWords } from '../../core/incident-words.ts';
import { compareVerdicts } from '../../core/verdict.ts';

/** Listed with an incident, of what it speaks for. */
const SPOKEN_FOR_MAX = 50;

/** Which incidents stand, and for which each of them speaks: what a turn asks again and again, kept as incidents change. */
export class Speakers {
  /** By stream without its segment, those that are not pending; by id. */
  readonly #standing = new Map<string, Map<string, Incident>>();
  /** By speaker, what it speaks for; by id. */
  readonly #spokenFor = new Map<string, Map<string, SpokenFor>>();
  readonly #mutedBy = new Map<string, string>();

  constructor(standing: Iterable<Incident>) {
    for (const incident of standing) this.keep(incident);
  }

  /** Takes an incident as it is now. */
  keep(incident: Incident): void {
    const { id, state, mutedBy, aspect, signal, segment, verdict } = incident;
    const isThere = isStanding(incident) && state !== 'pending';
    const standing = this.#standing.get(streamOf(incident)) ?? new Map<string, Incident>();
    this.#standing.set(streamOf(incident), standing);
    if (isThere) standing.set(id, incident);
    else standing.delete(id);
    const before = this.#mutedBy.get(id) ?? '';
    this.#spokenFor.get(before)?.delete(id);
    this.#mutedBy.delete(id);
    if (!isThere || mutedBy === '') return;
    this.#mutedBy.set(id, mutedBy);
    const others = this.#spokenFor.get(mutedBy) ?? new Map<string, SpokenFor>();
    this.#spokenFor.set(
      mutedBy,
      others.set(id, { id, aspect, signal, segment, verdict, change: changeWords(incident) }),
    );
  }

  /** Of the incident's project, model and version. */
  of(incident: Incident): Incident[] {
    return [...(this.#standing.get(streamOf(incident))?.values() ?? [])];
  }

  /** The worst first, the whole before segments, then in order of the id: the same however it came about. */
  spokenForBy({ id }: Incident): SpokenFor[] {
    return [...(this.#spokenFor.get(id)?.values() ?? [])]
      .sort(
        (a, b) =>
          compareVerdicts(b.verdict, a.verdict) ||
          Number(a.segment !== '') - Number(b.segment !== '') ||
          (a.id < b.id ? -1 : 1),
      )
      .slice(0, SPOKEN_FOR_MAX);
  }
}

const streamOf = ({ project, model, version }: StreamKey): string =>
  JSON.stringify([project, model, version]);
