const LABELS: Readonly<Record<string, string>> = {
  '1h': '1 hour',
  '6h': '6 hours',
  '24h': '24 hours',
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  all: 'All',
};

/** Links to the same view over other ranges of time. */
export function RangeChoice<T extends string>(props: {
  ranges: readonly T[];
  current: T;
  href: (range: T) => string;
}) {
  const { ranges, current, href } = props;
  return (
    <nav class="ranges" aria-label="Range of time">
      {ranges.map((range) => (
        <a key={range} href={href(range)} aria-current={range === current ? 'true' : undefined}>
          {LABELS[range] ?? range}
        </a>
      ))}
    </nav>
  );
}
