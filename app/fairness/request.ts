import { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { Duration } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import { GroupLabelText, MatchByText, PredictionText } from '../../core/group-label.ts';
import { groupSettings, type OddsChoice } from '../group-source.ts';

const Name = z.string().min(1).max(200);

/** Query of GET /v1/fairness, and what `plumbline fairness` makes of its options; all texts. */
const FairnessRequest = z
  .strictObject({
    project: Name.optional(),
    model: Name.optional(),
    version: z.string().max(200).optional(),
    since: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    last: Duration.optional(),
    match_by: MatchByText.optional(),
    label: GroupLabelText.optional(),
    prediction: PredictionText.optional(),
    family_wise: z.coerce.number().gt(0, 'expected a share').lt(1, 'expected a share').default(0.05),
  })
  .refine(({ label, prediction }) => label === undefined || prediction !== undefined, {
    path: ['prediction'],
    message: 'expected beside a label what was given, such as score:approved or refusal',
  })
  .refine(({ label, prediction }) => prediction === undefined || label !== undefined, {
    path: ['label'],
    message:
      'expected beside a prediction what would have been right, such as attribute.hired or score:correct',
  });

/** As it is sent. */
export type FairnessRequestBody = Readonly<Record<string, string>>;

/** What is compared, on a fixed set of inferences. */
export interface FairnessPlan {
  /** Empty: all. */
  readonly project: string;
  readonly model: string;
  /** Null: all. */
  readonly version: string | null;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  readonly strataBy: readonly string[];
  readonly odds: OddsChoice | null;
  readonly familyWise: number;
}

/** Records may be dated a little ahead; `until` is open. */
const AHEAD_MS = 86_400_000;

/**
 * The plan of a request.
 *
 * @param at lastMs: how far back it looks when nothing is said; config: how the settings want groups matched
 * @throws AppError `invalid_input` that names every field at fault
 */
export function fairnessPlan(
  body: unknown,
  { now, lastMs, config }: { now: Date; lastMs: number; config: Config },
): FairnessPlan {
  const parsed = FairnessRequest.safeParse(body);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new AppError('invalid_input', faults.join('; '));
  }
  const asked = parsed.data;
  const until = asked.until ? new Date(asked.until) : new Date(now.getTime() + AHEAD_MS);
  const since = asked.since
    ? new Date(asked.since)
    : new Date(Math.max(0, Math.min(now.getTime(), until.getTime()) - (asked.last ?? lastMs)));
  if (since >= until) throw new AppError('invalid_input', 'since: expected an instant before until');
  const settings = groupSettings(config);
  const { label, prediction } = asked;
  return {
    project: asked.project ?? '',
    model: asked.model ?? '',
    version: asked.version ?? null,
    since,
    until,
    strataBy: asked.match_by ?? settings.strataBy,
    odds: label && prediction ? { label, prediction } : settings.odds,
    familyWise: asked.family_wise,
  };
}
