import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { isDark } from './theme.ts';

export interface ChartProps {
  readonly data: uPlot.AlignedData;
  /** Everything but size; read again when `optionsKey` or the theme changes. */
  readonly options: () => Omit<uPlot.Options, 'width' | 'height'>;
  readonly optionsKey: string;
  readonly height: number;
  /** What the picture shows, in a sentence. */
  readonly label: string;
  /** Index of the bucket under the pointer or chosen by arrow key, or null. */
  readonly onIndex: (index: number | null) => void;
}

/** The one place that knows uPlot: size, theme, new data, pointer and arrow keys. */
export function Chart({ data, options, optionsKey, height, label, onIndex }: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ data, onIndex });
  latest.current = { data, onIndex };
  const isDarkNow = isDark.value;

  // Theme and key stand for what `options` reads.
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = new uPlot(
      withCursor(options(), element.clientWidth, height, (index) => latest.current.onIndex(index)),
      latest.current.data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [optionsKey, isDarkNow, height]);

  useEffect(() => {
    if (plot.current && plot.current.data !== data) plot.current.setData(data);
  }, [data]);

  return (
    <div
      class="chart"
      ref={host}
      role="img"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read the values, as the pointer does.
      tabIndex={0}
      onKeyDown={(event) => {
        if (plot.current && moveCursor(plot.current, event.key)) event.preventDefault();
      }}
      onBlur={() => plot.current?.setCursor({ left: -10, top: -10 })}
    />
  );
}

function withCursor(
  options: Omit<uPlot.Options, 'width' | 'height'>,
  width: number,
  height: number,
  onIndex: (index: number | null) => void,
): uPlot.Options {
  return {
    ...options,
    width,
    height,
    hooks: { ...options.hooks, setCursor: [(self) => onIndex(self.cursor.idx ?? null)] },
  };
}

/** Moves the cursor to the next or previous point; says whether the key was one of its own. */
function moveCursor(plot: uPlot, key: string): boolean {
  const count = plot.data[0].length;
  const now = plot.cursor.idx ?? null;
  const targets: Readonly<Record<string, number>> = {
    ArrowLeft: now === null ? count - 1 : now - 1,
    ArrowRight: now === null ? 0 : now + 1,
    Home: 0,
    End: count - 1,
  };
  const target = targets[key];
  if (target === undefined || count === 0) return false;
  const index = Math.min(count - 1, Math.max(0, target));
  plot.setCursor({ left: plot.valToPos(plot.data[0][index] ?? 0, 'x'), top: 0 });
  return true;
}
