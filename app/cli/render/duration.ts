const UNITS = [
  ['d', 864e5],
  ['h', 36e5],
  ['m', 6e4],
  ['s', 1e3],
  ['ms', 1],
] as const;

/** A duration as it is written in a file of rules: `90m`. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, of]) => ms >= of && ms % of === 0) ?? ['s', 1];
  return `${ms / size}${unit}`;
}
