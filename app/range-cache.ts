/** Half-open [since, until). */
interface TimeRange {
  readonly since: Date;
  readonly until: Date;
}

/** The answer of the last range: with windows of time streams come one after another, and one answer serves all of them. */
export function createRangeCache<T>(ask: (range: TimeRange) => Promise<T>): {
  read(range: TimeRange): Promise<T>;
} {
  let last: { readonly name: string; readonly answer: Promise<T> } | null = null;
  return {
    async read({ since, until }) {
      const name = `${since.getTime()} ${until.getTime()}`;
      if (last?.name !== name) last = { name, answer: ask({ since, until }) };
      try {
        return await last.answer;
      } catch (error) {
        // What failed is asked for again.
        last = null;
        throw error;
      }
    },
  };
}
