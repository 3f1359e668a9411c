import { type IncidentChange, stepIncidents } from '../alerts/incidents.ts';
import type { Finding } from '../core/finding.ts';
import { groupBy } from '../core/group-by.ts';
import type { Incident } from '../core/incident.ts';
import { signalSpec } from '../core/signals.ts';
import type { Store } from '../sql/client.ts';
import { findingsAfter } from '../sql/queries/findings.ts';
import { openIncidents, writeIncidents } from '../sql/queries/incidents.ts';
import { readStates, writeStates } from '../sql/queries/states.ts';

export interface Alerting {
  /** Turns the findings written since the last turn into incidents; true if there are more. */
  turn(): Promise<boolean>;
}

/** Findings read at once; a window has one per signal. */
const FINDINGS_PER_TURN = 20_000;
const KIND = 'alerting';
const CURSOR = 'cursor';
const START = '1970-01-01 00:00:00.000000';

/**
 * Findings in, incidents out, by way of their tables. The cursor is written after the incidents: killed between the
 * two, the same findings are read again and find their work done.
 *
 * @param onChange called for every incident that a turn touched, after it is stored
 */
export async function openAlerting(
  store: Store,
  onChange: (change: IncidentChange) => void,
): Promise<Alerting> {
  let cursor = ((await readStates(store, KIND)).get(CURSOR) as string | undefined) ?? START;
  const open = new Map((await openIncidents(store)).map((incident) => [incident.id, incident]));

  return {
    async turn() {
      const rows = await findingsAfter(store, { revision: cursor, limit: FINDINGS_PER_TURN });
      const [whole, hasMore] = wholeWindows(rows);
      const last = whole.at(-1);
      if (!last) return false;
      const changes: IncidentChange[] = [];
      for (const findings of groupBy(
        whole.map((row) => row.finding),
        windowOf,
      ).values()) {
        for (const change of step(findings, [...open.values()])) {
          changes.push(change);
          if (change.incident.state === 'closed') open.delete(change.incident.id);
          else open.set(change.incident.id, change.incident);
        }
      }
      const touched = new Map(changes.map(({ incident }) => [incident.id, incident]));
      await writeIncidents(store, [...touched.values()]);
      await writeStates(store, KIND, new Map([[CURSOR, last.revision]]));
      cursor = last.revision;
      for (const change of changes) onChange(change);
      return hasMore;
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

/** The changes of one window of one stream; aspects that have seen this window already are left out. */
function step(findings: readonly Finding[], all: readonly Incident[]): IncidentChange[] {
  const [first] = findings;
  if (!first) return [];
  const { until } = first;
  const ofStream = all.filter(
    ({ project, model, version, segment }) =>
      project === first.project &&
      model === first.model &&
      version === first.version &&
      segment === first.segment,
  );
  const done = new Set(
    ofStream.filter((incident) => incident.updatedAt >= until).map(({ aspect }) => aspect),
  );
  return stepIncidents(
    ofStream.filter(({ aspect }) => !done.has(aspect)),
    {
      until,
      observations: findings.filter(({ signal }) => !done.has(signalSpec(signal).aspect)),
      accepted: findings.filter(({ becameBaseline }) => becameBaseline).map(({ signal }) => signal),
    },
  ).filter(({ reason }) => reason !== 'hold');
}
