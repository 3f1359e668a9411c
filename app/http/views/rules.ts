import type { AlertRule, BlindPolicy, RuleMatch } from '../../../core/alert-rule.ts';
import { formatSpan, formatTimes, plural } from '../../../core/format.ts';
import type { Incident } from '../../../core/incident.ts';
import { incidentTitle } from '../../../core/incident-words.ts';
import type { ReceiverLine, RulesAnswer } from '../../../dashboards/page/api-views.ts';
import type { ReceiverTotals } from '../../../sql/queries/delivery-list.ts';
import { OPEN_INCIDENTS_MAX } from './bounds.ts';
import type { ViewReader } from './view-reader.ts';

/** Deliveries are counted over this long. */
export const DELIVERIES_SPAN_MS = 7 * 86_400_000;

/** What is in force: rules in order with the incidents that each governs, and how the receivers do. */
export async function rulesAnswer(
  reader: ViewReader,
  { project, now }: { project: string; now: Date },
): Promise<RulesAnswer> {
  const { source, rules, receivers } = reader.alertSettings();
  const [incidents, totals] = await Promise.all([
    reader.incidentList({ project, stream: null, state: 'unclosed', limit: OPEN_INCIDENTS_MAX }),
    reader.receiverTotals({ project, since: new Date(now.getTime() - DELIVERIES_SPAN_MS) }),
  ]);
  return {
    now: now.toISOString(),
    source,
    rules: rules.map((rule) => ({
      name: rule.name,
      isOn: rule.isOn,
      severity: rule.severity,
      matches: matchWords(rule.match),
      conditions: rule.isOn ? conditionWords(rule) : [],
      receivers: rule.receivers ?? [],
      runbook: rule.runbook,
      incidents: incidents
        .filter((incident) => incident.rule === rule.name)
        .map((incident: Incident) => ({ id: incident.id, title: incidentTitle(incident) })),
    })),
    receivers: receiverLines(receivers, totals),
  };
}

/** Receivers of the settings with what became of their deliveries; then those that are no longer in the settings. */
export function receiverLines(
  receivers: readonly { readonly name: string; readonly type: string }[],
  totals: readonly ReceiverTotals[],
): ReceiverLine[] {
  const types = new Map(receivers.map(({ name, type }) => [name, type]));
  const names = [...new Set([...types.keys(), ...totals.map(({ receiver }) => receiver)])];
  return names.map((name) => {
    const found = totals.find(({ receiver }) => receiver === name);
    return {
      name,
      type: types.get(name) ?? 'no longer in the settings',
      sent: found?.sent ?? 0,
      waiting: found?.waiting ?? 0,
      failed: found?.failed ?? 0,
      lastSentAt: found?.lastSentAt?.toISOString() ?? null,
      lastError: found?.lastError ?? '',
    };
  });
}

const MATCH_NOUNS: Readonly<Record<keyof RuleMatch, string>> = {
  families: 'family',
  verdicts: 'verdict',
  severities: 'severity',
  projects: 'project',
  models: 'model',
  versions: 'version',
  segments: 'segment',
  signals: 'signal',
};

/** `family drift or cost`, in the order of the table above; empty lists say nothing. */
function matchWords(match: RuleMatch): string[] {
  return (Object.keys(MATCH_NOUNS) as (keyof RuleMatch)[])
    .filter((field) => match[field].length > 0)
    .map((field) => `${MATCH_NOUNS[field]} ${match[field].map((one) => one || '(whole)').join(' or ')}`);
}

function conditionWords(rule: AlertRule): string[] {
  const { forMs, evidenceMin, recoverEvidence, recoverWindows, keepOpenMs, samplesMin, repeatMs } = rule;
  return [
    forMs > 0 ? `opens when it has stood for ${formatSpan(forMs)}` : 'opens at once',
    ...(evidenceMin > 1 ? [`needs ${formatTimes(evidenceMin)} the evidence of an alarm`] : []),
    ...(samplesMin > 0 ? [`from ${plural(samplesMin, 'inference')} a window on`] : []),
    `closes after ${plural(recoverWindows, 'window')} ${Number.isFinite(recoverEvidence) ? `below ${formatTimes(recoverEvidence)} the evidence` : 'without the change'}`,
    ...(keepOpenMs > 0 ? [`no sooner than ${formatSpan(keepOpenMs)} after it was last seen`] : []),
    ...(repeatMs === null ? [] : [`reminds every ${formatSpan(repeatMs)}`]),
    blindWords('without inferences', rule.noData),
    blindWords('unjudged', rule.error),
  ];
}

const POLICIES: Readonly<Record<BlindPolicy['policy'], string>> = {
  hold: 'it is kept as it is',
  tell: 'that is told too',
  alert: 'that opens an incident of its own',
};

const blindWords = (what: string, { policy, afterMs }: BlindPolicy): string =>
  `${what} for ${formatSpan(afterMs)}: ${POLICIES[policy]}`;
