import { isDeepStrictEqual } from 'node:util';
import {
  type CanaryOptions,
  type CanaryState,
  endCanary,
  startCanary,
  stepCanary,
  WARM_UP_UNITS_MIN,
} from '../../analyzers/gate/canary.ts';
import { AppError } from '../../core/errors.ts';
import type { Store } from '../../sql/client.ts';
import { readState, writeStates } from '../../sql/queries/states.ts';
import { type CanaryAnswer, canaryAnswer, type KeptCanary } from './canary-answer.ts';
import { type GatePlan, type GateRequest, planOf } from './request.ts';
import { storedUnits } from './store-rows.ts';

const KIND = 'canary';
/** Baseline sessions of this long before the start make the scale. */
const WARM_UP_MS = 24 * 3_600_000;
/** A session that was silent for longer counts as a new one: what is read at each look stays bounded. */
const SESSION_MS_MAX = 3_600_000;

type Sequential = NonNullable<GateRequest['sequential']>;

/** What is known of a canary. @throws AppError `not_found` */
export async function readCanary(store: Store, project: string, id: string): Promise<CanaryAnswer> {
  const kept = await keptCanary(store, nameOf(project, id));
  if (!kept) throw new AppError('not_found', 'no canary has this id');
  return canaryAnswer(id, kept);
}

/**
 * One more look at a canary; its first one begins it. What is decided stays. Two callers at once count nothing twice: both
 * step the same state.
 *
 * @throws AppError `invalid_input` when the id belongs to another comparison
 */
export async function lookAtCanary(
  store: Store,
  request: GateRequest & { sequential: Sequential },
  { project, now }: { project: string; now: Date },
): Promise<CanaryAnswer> {
  const { id, settle, for: durationMs, max_matches: matchesMax } = request.sequential;
  const plan = planOf(request, { project, now });
  const name = nameOf(plan.project, id);
  const words = JSON.stringify({ ...request, project: plan.project });
  const kept = (await keptCanary(store, name)) ?? newCanary(words, plan, now);
  if (!isDeepStrictEqual(JSON.parse(kept.request), JSON.parse(words)))
    throw new AppError('invalid_input', 'sequential.id: another comparison has this id; choose a new one');
  if (kept.decidedAt !== null) return canaryAnswer(id, kept);
  const settled = new Date(now.getTime() - settle);
  const until = new Date(Math.max(Date.parse(kept.seenUntil), settled.getTime()));
  const options: CanaryOptions = { ...plan.options, matchesMax };
  const looked = await look(store, { plan, kept, until, settled, settleMs: settle, options });
  const isOver = now.getTime() - Date.parse(kept.startedAt) >= durationMs;
  const state = isOver ? endCanary(looked ?? EMPTY) : looked;
  const isDecided = state !== null && state.verdict !== 'continue';
  const next: KeptCanary = {
    ...kept,
    state,
    seenUntil: until.toISOString(),
    decidedAt: isDecided ? now.toISOString() : null,
  };
  await writeStates(store, KIND, new Map([[name, next]]));
  return canaryAnswer(id, next);
}

const EMPTY: CanaryState = {
  verdict: 'continue',
  matches: 0,
  signals: [],
  unguarded: [],
  waiting: { baseline: [], candidate: [] },
};

function newCanary(request: string, { options }: GatePlan, now: Date): KeptCanary {
  const at = now.toISOString();
  const { familyWise, riskOfPassing } = options;
  return {
    startedAt: at,
    seenUntil: at,
    decidedAt: null,
    state: null,
    options: { familyWise, riskOfPassing },
    request,
  };
}

interface Look {
  readonly plan: GatePlan;
  readonly kept: KeptCanary;
  readonly until: Date;
  /** What began before this has had its time. */
  readonly settled: Date;
  readonly settleMs: number;
  readonly options: CanaryOptions;
}

async function look(store: Store, asked: Look): Promise<CanaryState | null> {
  const { plan, kept, until, settled, settleMs, options } = asked;
  const since = new Date(kept.seenUntil);
  const before = (at: Date, ms: number): Date => new Date(at.getTime() - ms);
  if (kept.state === null) {
    const first = before(new Date(kept.startedAt), WARM_UP_MS);
    const span = { from: before(first, SESSION_MS_MAX), since: first, until: settled, settleMs };
    const warmUp = await storedUnits(store, plan, { where: plan.baseline, ...span });
    return warmUp.length < WARM_UP_UNITS_MIN ? null : startCanary(warmUp, options);
  }
  const span = { from: before(since, SESSION_MS_MAX), since, until, settleMs };
  const baseline = await storedUnits(store, plan, { where: plan.baseline, ...span });
  const candidate = await storedUnits(store, plan, { where: plan.candidate, ...span });
  return stepCanary(kept.state, { baseline, candidate }, options);
}

const nameOf = (project: string, id: string): string => JSON.stringify([project, id]);

async function keptCanary(store: Store, name: string): Promise<KeptCanary | null> {
  return (await readState(store, KIND, name)) as KeptCanary | null;
}
