import { GroupLabelText, MatchByText, PredictionText } from './group-label.ts';

/** Settings of how groups are compared (docs/fairness.md). */
export const FAIRNESS_SETTINGS = {
  /** Attributes whose values are held equal when groups are compared, beside prompt name, topic and time: `tier,region`. */
  FAIRNESS_MATCH_BY: MatchByText.default([]),
  /** What would have been right, for equalised odds: `attribute.hired`, `attribute.outcome=hired`, `score:correct` or `score:rating>=4`. */
  FAIRNESS_LABEL: GroupLabelText.optional(),
  /** What was given, yes or no: `score:approved`, `refusal`. It is judged JUDGED_DELAY later, since labels come late. */
  FAIRNESS_PREDICTION: PredictionText.optional(),
} as const;

/** Either alone says nothing. */
export function fairnessFaults(settings: {
  readonly FAIRNESS_LABEL?: unknown;
  readonly FAIRNESS_PREDICTION?: unknown;
}): { path: 'FAIRNESS_LABEL' | 'FAIRNESS_PREDICTION'; message: string }[] {
  const { FAIRNESS_LABEL: label, FAIRNESS_PREDICTION: prediction } = settings;
  if ((label === undefined) === (prediction === undefined)) return [];
  return label === undefined
    ? [{ path: 'FAIRNESS_LABEL', message: 'expected what would have been right, beside FAIRNESS_PREDICTION' }]
    : [{ path: 'FAIRNESS_PREDICTION', message: 'expected what was given, beside FAIRNESS_LABEL' }];
}
