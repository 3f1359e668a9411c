/**
 * Why a record was left out: `queue_full` no room; `refused` the service turned its batch away; `too_large` it did not take
 * even the record alone; `unfit` it could not be written as a line; `masked` the host's mask left it out. The last is no
 * loss, and is not reported to the service.
 */
export type DropReason = 'queue_full' | 'refused' | 'too_large' | 'unfit' | 'masked';

export interface Tally {
  readonly sentCount: number;
  readonly rejectedCount: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  sent(count: number): void;
  /** The service read these, and said what is wrong with each. */
  reject(count: number): void;
  drop(reason: DropReason, count: number): void;
  /** What the service has not been told of: as a header, and as told once the batch that carries it arrived. */
  unreported(): { headers: Record<string, string>; confirm(): void };
}

/** Counts since the start. @param onFirstDrop called once */
export function createTally(onFirstDrop: (reason: DropReason) => void): Tally {
  const dropped: Partial<Record<DropReason, number>> = {};
  const reported: Partial<Record<DropReason, number>> = {};
  let [sentCount, rejectedCount] = [0, 0];
  return {
    get sentCount() {
      return sentCount;
    },
    get rejectedCount() {
      return rejectedCount;
    },
    dropped,
    sent(count) {
      sentCount += count;
    },
    reject(count) {
      rejectedCount += count;
    },
    drop(reason, count) {
      if (count === 0) return;
      dropped[reason] = (dropped[reason] ?? 0) + count;
      if (reason !== 'masked') onFirstDrop(reason);
    },
    unreported() {
      const now = { ...dropped };
      delete now.masked;
      const news = (Object.entries(now) as [DropReason, number][])
        .map(([reason, count]) => [reason, count - (reported[reason] ?? 0)] as const)
        .filter(([, count]) => count > 0);
      const header = news.map(([reason, count]) => `${reason}=${count}`).join(', ');
      return {
        headers: header === '' ? {} : { 'plumbline-dropped': header },
        confirm() {
          for (const [reason, count] of news) reported[reason] = (reported[reason] ?? 0) + count;
        },
      };
    },
  };
}
