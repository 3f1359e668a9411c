const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * Values as one line of bars between their least and their largest, oldest first; a gap is a dot. Longer series are
 * brought down to `width` by the mean of what falls together. Empty for a series without a value.
 */
export function sparkline(values: readonly (number | null)[], width = 24): string {
  const points = thin(values, width);
  const known = points.filter((value) => value !== null);
  if (known.length === 0) return '';
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return points.map((value) => (value === null ? '·' : barOf(value, low, high))).join('');
}

function barOf(value: number, low: number, high: number): string {
  // Halved first: the distance of two huge values is not finite.
  const share = high === low ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2);
  return BARS[Math.round(share * (BARS.length - 1))] ?? BARS[0];
}

/** At most `width` points: each the mean of its stretch, null where the stretch is empty. Not finite is unknown. */
export function thin(values: readonly (number | null)[], width: number): (number | null)[] {
  const finite = values.map((value) => (value !== null && Number.isFinite(value) ? value : null));
  if (finite.length <= width) return finite;
  return Array.from({ length: width }, (_, index) => {
    const part = finite.slice(
      Math.floor((index * finite.length) / width),
      Math.floor(((index + 1) * finite.length) / width),
    );
    const known = part.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value / known.length, 0);
  });
}
