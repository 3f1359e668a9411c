// How far the writers are on the log, and how long it takes from an acknowledged body to what shows that it is stored.
import { setTimeout as sleep } from 'node:timers/promises';

const LOG = 'plumbline.log';
const GROUP = 'plumbline.writer';
const POLL_MS = 50;

/** Offsets of the log, by partition. */
export function createOffsets(admin) {
  const ends = async () =>
    new Map((await admin.fetchTopicOffsets(LOG)).map(({ partition, high }) => [partition, Number(high)]));
  const committed = async () => {
    const [topic] = await admin.fetchOffsets({ groupId: GROUP, topics: [LOG] });
    return new Map(topic.partitions.map(({ partition, offset }) => [partition, Math.max(0, Number(offset))]));
  };
  return {
    ends,
    committed,
    /** Messages that wait. */
    async lag() {
      const [high, done] = await Promise.all([ends(), committed()]);
      return [...high].reduce((sum, [partition, end]) => sum + end - (done.get(partition) ?? 0), 0);
    },
  };
}

/**
 * Watches bodies from their acknowledgement on.
 *
 * @param mark what a body is known by, given the id of its last record; may be a promise
 * @param areSeen says of several marks which are stored
 */
export function watchDelays(mark, areSeen) {
  let waiting = [];
  const marking = new Set();
  const delaysMs = [];
  let isEnding = false;
  const watching = (async () => {
    while (!isEnding || waiting.length + marking.size > 0) {
      await sleep(POLL_MS);
      const asked = waiting;
      if (asked.length === 0) continue;
      const seen = await areSeen(asked.map((one) => one.mark));
      const nowMs = performance.now();
      for (const [place, { sinceMs }] of asked.entries()) if (seen[place]) delaysMs.push(nowMs - sinceMs);
      const done = new Set(asked.filter((_, place) => seen[place]));
      waiting = waiting.filter((one) => !done.has(one));
    }
  })();
  return {
    acknowledged(id) {
      const sinceMs = performance.now();
      const marked = Promise.resolve(mark(id)).then((made) => {
        waiting.push({ mark: made, sinceMs });
        marking.delete(marked);
      });
      marking.add(marked);
    },
    /** Waits for all of them; the delays in milliseconds. */
    async end() {
      isEnding = true;
      await watching;
      return delaysMs;
    },
  };
}
