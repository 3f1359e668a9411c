/** A record as it is sent. */
export interface Line {
  readonly text: string;
  /** As UTF-8. */
  readonly bytes: number;
  /** Grows by one with each line: what `flush` waits for. */
  readonly place: number;
}

/** Lines in order, bounded by whoever pushes; taking from the front is cheap. */
export interface LineQueue {
  readonly count: number;
  readonly bytes: number;
  push(line: Line): void;
  /** The oldest lines up to these limits, at least one if there is one; they are then the caller's. */
  take(limits: { recordsMax: number; bytesMax: number }): Line[];
  /** Puts lines that were taken back at the front. */
  giveBack(lines: readonly Line[]): void;
  /** Removes the oldest; false if there is none. */
  dropOldest(): boolean;
  /** Place of the oldest; Infinity if there is none. */
  readonly firstPlace: number;
}

const COMPACT_FROM = 1024;

export function createLineQueue(): LineQueue {
  let lines: (Line | undefined)[] = [];
  let start = 0;
  let bytes = 0;

  function shift(): Line | undefined {
    const line = lines[start];
    if (!line) return undefined;
    // Not to be held by what was taken already.
    lines[start++] = undefined;
    bytes -= line.bytes;
    if (start >= COMPACT_FROM && start * 2 >= lines.length) {
      lines = lines.slice(start);
      start = 0;
    }
    return line;
  }

  return {
    get count() {
      return lines.length - start;
    },
    get bytes() {
      return bytes;
    },
    get firstPlace() {
      return lines[start]?.place ?? Number.POSITIVE_INFINITY;
    },
    push(line) {
      lines.push(line);
      bytes += line.bytes;
    },
    take({ recordsMax, bytesMax }) {
      const taken: Line[] = [];
      let size = 0;
      for (let next = lines[start]; next && taken.length < recordsMax; next = lines[start]) {
        if (taken.length > 0 && size + next.bytes > bytesMax) break;
        size += next.bytes;
        taken.push(next);
        shift();
      }
      return taken;
    },
    giveBack(back) {
      lines = [...back, ...lines.slice(start)];
      start = 0;
      for (const line of back) bytes += line.bytes;
    },
    dropOldest: () => shift() !== undefined,
  };
}
