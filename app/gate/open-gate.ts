import { gate } from '../../analyzers/gate/gate.ts';
import type { Config } from '../../core/config.ts';
import { AppError } from '../../core/errors.ts';
import { promptText } from '../../core/prompt-text.ts';
import type { Store } from '../../sql/client.ts';
import { gateRows, projectsOfIds } from '../../sql/queries/gate-rows.ts';
import { recordsOf } from '../../sql/queries/records.ts';
import { askServer } from '../keys/admin-client.ts';
import { runningServer } from '../keys/open-key-admin.ts';
import { openMigratedStore } from '../store.ts';
import { answerOf, type ExampleText, GateAnswer } from './answer.ts';
import { lookAtCanary, readCanary } from './canary.ts';
import { CanaryAnswer } from './canary-answer.ts';
import { type GatePlan, type GateRequestBody, parseGateRequest, planOf } from './request.ts';
import { storedSide } from './store-rows.ts';

/** Comparisons of what a store holds. `project`: the only one that the caller reaches; empty: all. */
export interface Gatekeeper {
  compare(project: string, request: GateRequestBody): Promise<GateAnswer | CanaryAnswer>;
  canary(project: string, id: string): Promise<CanaryAnswer>;
}

/** Comparisons at once in a process: each holds some 100 MB, and others wait for the same cores. */
const AT_ONCE_MAX = 2;

/** A gatekeeper on an open store. */
export function storeGatekeeper(store: Store, now: () => Date): Gatekeeper {
  let running = 0;
  return {
    async compare(project, body) {
      const request = parseGateRequest(body);
      if (running >= AT_ONCE_MAX)
        throw new AppError('overloaded', `${AT_ONCE_MAX} comparisons are running; try again`);
      running++;
      try {
        const { sequential } = request;
        const plan = planOf(request, { project, now: now() });
        await refuseOverlap(store, sequential ? { ...plan, since: new Date(+now() - DAY_MS) } : plan);
        if (sequential) return await lookAtCanary(store, { ...request, sequential }, { project, now: now() });
        return await compareStored(store, plan);
      } finally {
        running--;
      }
    },
    canary: (project, id) => readCanary(store, project, id),
  };
}

/** Of a canary: what overlaps, overlaps soon. */
const DAY_MS = 86_400_000;

/** What is in both sides is not independent of itself. @throws AppError `invalid_input` with what tells them apart */
async function refuseOverlap(store: Store, plan: GatePlan): Promise<void> {
  const { baseline, candidate } = plan;
  const isApart = baseline.some((one) =>
    candidate.some(
      (other) => one.field === other.field && one.key === other.key && one.value !== other.value,
    ),
  );
  if (isApart) return;
  const { total } = await gateRows(store, { ...plan, where: [...baseline, ...candidate], limit: 1 });
  if (total > 0)
    throw new AppError(
      'invalid_input',
      `the two sides share ${total} inferences; give both a condition on the same thing, such as version=A and version=B`,
    );
}

async function compareStored(store: Store, plan: GatePlan): Promise<GateAnswer> {
  const baseline = await storedSide(store, plan, plan.baseline);
  const candidate = await storedSide(store, plan, plan.candidate);
  const result = await gate(baseline, candidate, plan.options);
  const ids = result.examples.flatMap((one) => [one.baseline, one.candidate]);
  const texts = await textsOf(store, plan.project, ids);
  return answerOf(result, plan.options, (id) => texts.get(id) ?? { prompt: '', response: '' });
}

/** Of each text in an example: what a person reads in a pull request. */
const EXAMPLE_CHARACTERS_MAX = 1_000;

/** An example's texts, cut to their bound. */
export const cutExample = ({ prompt, response }: ExampleText): ExampleText => ({
  prompt: prompt.slice(0, EXAMPLE_CHARACTERS_MAX),
  response: response.slice(0, EXAMPLE_CHARACTERS_MAX),
});

async function textsOf(
  store: Store,
  project: string,
  ids: readonly string[],
): Promise<Map<string, ExampleText>> {
  if (ids.length === 0) return new Map();
  const projects = project === '' ? await projectsOfIds(store, ids) : [project];
  const records = await recordsOf(store, { projects, ids });
  return new Map(
    records.map(({ record }) => [
      record.id,
      cutExample({ prompt: promptText(record) ?? '', response: record.response ?? '' }),
    ]),
  );
}

/**
 * Does some comparing on the settings' store: by way of the server that has its folder open, if there is one, else on the
 * store itself. @throws AppError what opening the store throws, and what `work` throws
 */
export async function withGatekeeper<T>(
  config: Config,
  work: (gatekeeper: Gatekeeper) => Promise<T>,
): Promise<T> {
  const server = await runningServer(config);
  if (server !== null)
    return work(remoteGatekeeper((method, path, body) => askServer(server, method, path, body)));
  const { store } = await openMigratedStore(config);
  try {
    return await work(storeGatekeeper(store, () => new Date()));
  } finally {
    await store.close();
  }
}

type Ask = (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<unknown>;

/** By way of a server. */
function remoteGatekeeper(ask: Ask): Gatekeeper {
  return {
    compare: async (_project, body) =>
      (body.sequential ? CanaryAnswer : GateAnswer).parse(await ask('POST', '/compare', body)),
    canary: async (_project, id) =>
      CanaryAnswer.parse(await ask('GET', `/compare/${encodeURIComponent(id)}`)),
  };
}

const TIMEOUT_MS = 120_000;

/** By way of any server's API, with a key if it needs one. Rejects with AppError as the server says it. */
export function gatekeeperAt(url: string, key: string | undefined): Gatekeeper {
  return remoteGatekeeper(async (method, path, body) => {
    const response = await fetch(new URL(`/v1${path}`, url), {
      method,
      headers: {
        'content-type': 'application/json',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new AppError('upstream_unavailable', `nobody answers at ${new URL(url).host}`, { cause });
    });
    const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    if (response.ok) return answer;
    const message = answer?.error?.message ?? `it answered ${response.status}`;
    throw new AppError(response.status === 400 ? 'invalid_input' : 'upstream_unavailable', message);
  });
}
