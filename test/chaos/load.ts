import { setTimeout as sleep } from 'node:timers/promises';

export interface LoadOptions {
  /** Of the ingest to post to, asked each time. */
  readonly url: () => string;
  /** Whose records they are, and how their ids begin. */
  readonly project: string;
  readonly senders: number;
  readonly rowsPerBody: number;
  /** Between two bodies of a sender. */
  readonly pauseMs: number;
  readonly random: () => number;
  /** Of each response. */
  readonly textBytes?: number;
}

/** What a client does that wants its records kept: it asks again, with the same ids, until it hears that they are. */
export interface Load {
  /** Ids that an answer said are kept. */
  readonly acknowledged: ReadonlySet<string>;
  stats(): LoadStats;
  /** No new records; resolves when each that was sent is acknowledged. @throws Error for an answer that breaks a promise */
  stop(): Promise<void>;
  /** No new records, and none of the old ones again: nobody asks any more whether they were kept. */
  abandon(): Promise<void>;
}

export interface LoadStats {
  readonly acknowledged: number;
  /** Answers that asked to come back. */
  readonly refusals: number;
  /** Requests without an answer. */
  readonly unanswered: number;
  readonly slowestAnswerMs: number;
  /** Longest time in which nothing was acknowledged. */
  readonly longestOutageMs: number;
}

/** After the last new record, how long all that were sent may take to be acknowledged. */
const DELIVERY_MS_MAX = 240_000;
const ANSWER_MS_MAX = 60_000;
const UNANSWERED_WAIT_MS = 300;
const HOUR_MS = 3_600_000;
/** Records are at most this old, so that many minutes and often two hours are written to at a time. */
export const AGE_MS_MAX = 300_000;

/** Begins to send. */
export function startLoad(options: LoadOptions): Load {
  const { project, senders, rowsPerBody, pauseMs, random } = options;
  const acknowledged = new Set<string>();
  const totals = { refusals: 0, unanswered: 0, slowestAnswerMs: 0, longestOutageMs: 0 };
  let lastAcknowledgedMs = performance.now();
  let isStopping = false;
  let giveUpMs = Number.POSITIVE_INFINITY;

  async function send(sender: number): Promise<void> {
    let previous: readonly string[] = [];
    for (let body = 0; !isStopping; body++) {
      const ids =
        body % 3 === 2
          ? previous
          : Array.from({ length: rowsPerBody }, (_, row) => `${project}-${sender}-${body}-${row}`);
      await deliver(ids);
      previous = ids;
      await sleep(pauseMs);
    }
  }

  async function deliver(ids: readonly string[]): Promise<void> {
    let atMs = Date.now();
    let waitMs = await post(ids, atMs);
    while (waitMs !== null) {
      if (performance.now() > giveUpMs)
        throw new Error(`${ids.length} records were not taken within ${DELIVERY_MS_MAX} ms`);
      await sleep(waitMs);
      atMs = stampAnew(atMs, random());
      waitMs = await post(ids, atMs);
    }
    for (const id of ids) acknowledged.add(id);
    noteOutage();
    lastAcknowledgedMs = performance.now();
  }

  /** Null: acknowledged. Otherwise how long to wait before asking again. */
  async function post(ids: readonly string[], atMs: number): Promise<number | null> {
    const startMs = performance.now();
    const answer = await ask(`${options.url()}/v1/inferences`, lines(ids, { ...options, atMs }));
    totals.slowestAnswerMs = Math.max(totals.slowestAnswerMs, performance.now() - startMs);
    if (answer === null) {
      totals.unanswered++;
      return UNANSWERED_WAIT_MS;
    }
    const { status, retryAfter, text } = answer;
    if (status === 200) {
      const { accepted } = JSON.parse(text) as { accepted: number };
      if (accepted !== ids.length) throw new Error(`took ${accepted} of ${ids.length}: ${text}`);
      return null;
    }
    totals.refusals++;
    if (status !== 503 || !(retryAfter > 0))
      throw new Error(`answered ${status} without Retry-After: ${text}`);
    return retryAfter * 1_000;
  }

  function noteOutage(): void {
    totals.longestOutageMs = Math.max(totals.longestOutageMs, performance.now() - lastAcknowledgedMs);
  }

  const sending = Promise.all(Array.from({ length: senders }, (_, sender) => send(sender)));
  // Its failure is told by `stop`.
  sending.catch(() => {});
  return {
    acknowledged,
    stats: () => ({ acknowledged: acknowledged.size, ...totals }),
    async stop() {
      isStopping = true;
      giveUpMs = performance.now() + DELIVERY_MS_MAX;
      await sending;
    },
    async abandon() {
      isStopping = true;
      giveUpMs = performance.now();
      await sending.catch(() => {});
    },
  };
}

/** Some clients stamp a record anew when they send it again, and some with a wrong hour. */
function stampAnew(atMs: number, chance: number): number {
  if (chance < 0.7) return atMs;
  return Date.now() - (chance < 0.85 ? HOUR_MS : 0);
}

interface Answer {
  readonly status: number;
  /** Seconds; 0 if it does not say. */
  readonly retryAfter: number;
  readonly text: string;
}

/** Null if there was no answer, or only a part of one. */
async function ask(url: string, body: string): Promise<Answer | null> {
  try {
    const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    const retryAfter = Number(answer.headers.get('retry-after') ?? 0);
    return { status: answer.status, retryAfter, text: await answer.text() };
  } catch {
    return null;
  }
}

/** Records as lines of JSON. */
export function lines(
  ids: readonly string[],
  { project, atMs, textBytes = 20 }: { project: string; atMs: number; textBytes?: number },
): string {
  return ids
    .map((id, row) =>
      JSON.stringify({
        project,
        id,
        timestamp: new Date(atMs - ((row * 7_919) % AGE_MS_MAX)).toISOString(),
        model: 'chaos',
        prompt: 'Is 17 a prime number?',
        response: 'Yes. '.repeat(Math.ceil(textBytes / 5)),
        latency_ms: row,
      }),
    )
    .join('\n');
}
