/** How far the partitions of a topic are stored, each by the brokers' clock. */
export interface Watermarks {
  /** These are ours from now on; of the others nothing is known any more. */
  assign(partitions: readonly number[]): void;
  /** A batch has been read, and is not stored yet. */
  began(partition: number): void;
  /** The batch is stored; `until` is the time of its last message. */
  stored(partition: number, batch: { until: Date; isCaughtUp: boolean }): void;
  /** The brokers say that nothing of the partition waits to be stored. */
  empty(partition: number): void;
  /**
   * By partition, the instant before which every message is stored; one of which nothing is known yet is missing.
   *
   * @param lastFetchAt when the brokers last answered what is new
   */
  read(lastFetchAt: Date | null): ReadonlyMap<number, Date>;
}

interface Progress {
  readonly until: Date | null;
  readonly isCaughtUp: boolean;
}

/** A message may be on its way to us when the brokers say that there is none, and clocks differ a little. */
const SLACK_MS = 5_000;

export function createWatermarks(): Watermarks {
  let partitions = new Map<number, Progress>();
  const update = (partition: number, change: Partial<Progress>): void => {
    const progress = partitions.get(partition);
    if (progress) partitions.set(partition, { ...progress, ...change });
  };
  return {
    assign(assigned) {
      partitions = new Map(assigned.map((partition) => [partition, { until: null, isCaughtUp: false }]));
    },
    began: (partition) => update(partition, { isCaughtUp: false }),
    stored: (partition, batch) => update(partition, batch),
    empty(partition) {
      // Of one that has begun, its own batches know more.
      if (partitions.get(partition)?.until === null) update(partition, { isCaughtUp: true });
    },
    read(lastFetchAt) {
      const idle = lastFetchAt && new Date(lastFetchAt.getTime() - SLACK_MS);
      const read = new Map<number, Date>();
      for (const [partition, { until, isCaughtUp }] of partitions) {
        const at = isCaughtUp ? later(until, idle) : until;
        if (at) read.set(partition, at);
      }
      return read;
    },
  };
}

const later = (a: Date | null, b: Date | null): Date | null => (a && b ? (a > b ? a : b) : (a ?? b));
