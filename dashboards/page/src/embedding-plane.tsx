import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { EmbeddingMap, MapPoint } from '../api-views.ts';
import { colour, isDark } from './theme.ts';

const MARGIN = 0.06;
const NEAR_PX = 14;
const RADIUS = 3;

/** Places in [0, 1] of both axes, from the left and from the top. */
interface Placed {
  readonly point: MapPoint;
  readonly x: number;
  readonly y: number;
}

/**
 * Prompts as marks: rings before, filled triangles after, so that shape says what colour says. The pointer, and the arrow
 * keys, choose one.
 */
export function EmbeddingPlane(props: {
  map: EmbeddingMap;
  chosen: number | null;
  onChoose: (index: number | null) => void;
  /** Only this topic's marks are strong; null: all. */
  topic: number | null;
}) {
  const { map, chosen, onChoose, topic } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const placed = useMemo(() => placesOf(map), [map]);
  const isDarkNow = isDark.value;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current && size.width > 0) draw(canvas.current, placed, { ...size, chosen, topic });
  }, [placed, size, chosen, topic, isDarkNow]);

  const choose = (event: PointerEvent): void => {
    const box = canvas.current?.getBoundingClientRect();
    if (box) onChoose(nearest(placed, { x: event.clientX - box.left, y: event.clientY - box.top, ...size }));
  };
  return (
    <div class="plane">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Plane of ${map.points.length} prompts: rings are the baseline, triangles are current. Arrow keys read single prompts.`}
        tabIndex={0}
        onPointerMove={choose}
        onPointerDown={choose}
        onKeyDown={(event) => {
          const next = stepped(placed, chosen, event.key);
          if (next === undefined) return;
          event.preventDefault();
          onChoose(next);
        }}
      />
      {map.topics.map(({ name, x, y }, index) => {
        const at = placeOf(map, x, y);
        return (
          <span
            key={name}
            class={topic === null || topic === index ? 'topic-label' : 'topic-label is-faint'}
            aria-hidden="true"
            style={{ left: `${at.x * 100}%`, top: `${at.y * 100}%` }}
          >
            {name}
          </span>
        );
      })}
    </div>
  );
}

/** Each axis fills the picture: what counts is what lies near what. */
function placeOf(map: EmbeddingMap, x: number, y: number): { x: number; y: number } {
  const [xs, ys] = [map.points.map((point) => point.x), map.points.map((point) => point.y)];
  const inside = (value: number, values: readonly number[]): number => {
    const low = Math.min(...values);
    return MARGIN + ((value - low) / Math.max(Math.max(...values) - low, 1e-9)) * (1 - 2 * MARGIN);
  };
  return { x: inside(x, xs), y: 1 - inside(y, ys) };
}

function placesOf(map: EmbeddingMap): Placed[] {
  if (map.points.length === 0) return [];
  const [origin, unit] = [placeOf(map, 0, 0), placeOf(map, 1, 1)];
  return map.points.map((point) => ({
    point,
    x: origin.x + point.x * (unit.x - origin.x),
    y: origin.y + point.y * (unit.y - origin.y),
  }));
}

function nearest(
  placed: readonly Placed[],
  at: { x: number; y: number; width: number; height: number },
): number | null {
  let best: { index: number | null; distance: number } = { index: null, distance: NEAR_PX };
  placed.forEach(({ x, y }, index) => {
    const distance = Math.hypot(x * at.width - at.x, y * at.height - at.y);
    if (distance < best.distance) best = { index, distance };
  });
  return best.index;
}

/** The next mark in a direction by key, in order from left to right or from top to bottom; undefined: not our key. */
function stepped(placed: readonly Placed[], chosen: number | null, key: string): number | null | undefined {
  const axis = key === 'ArrowLeft' || key === 'ArrowRight' ? 'x' : 'y';
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key];
  if (key === 'Escape') return null;
  if (step === undefined || placed.length === 0) return undefined;
  const order = placed
    .map((_, index) => index)
    .sort((a, b) => (placed[a]?.[axis] ?? 0) - (placed[b]?.[axis] ?? 0));
  const now = chosen === null ? (step > 0 ? -1 : order.length) : order.indexOf(chosen);
  return order[Math.min(order.length - 1, Math.max(0, now + step))] ?? null;
}

function draw(
  canvas: HTMLCanvasElement,
  placed: readonly Placed[],
  view: { width: number; height: number; chosen: number | null; topic: number | null },
): void {
  const ratio = devicePixelRatio || 1;
  canvas.width = view.width * ratio;
  canvas.height = view.height * ratio;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(ratio, ratio);
  const colours = { before: colour('--before'), after: colour('--line'), ink: colour('--ink') };
  for (const isCurrent of [false, true]) {
    context.strokeStyle = colours.before;
    context.fillStyle = colours.after;
    for (const { point, x, y } of placed) {
      if (point.isCurrent !== isCurrent) continue;
      context.globalAlpha = view.topic === null || view.topic === point.topic ? 0.75 : 0.12;
      mark(context, isCurrent, { x: x * view.width, y: y * view.height, radius: RADIUS });
    }
  }
  const chosen = view.chosen === null ? undefined : placed[view.chosen];
  if (!chosen) return;
  context.globalAlpha = 1;
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(chosen.x * view.width, chosen.y * view.height, RADIUS * 2.6, 0, 2 * Math.PI);
  context.stroke();
}

function mark(
  context: CanvasRenderingContext2D,
  isCurrent: boolean,
  { x, y, radius }: { x: number; y: number; radius: number },
): void {
  context.beginPath();
  if (!isCurrent) {
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.stroke();
    return;
  }
  context.moveTo(x, y - radius * 1.3);
  context.lineTo(x + radius * 1.2, y + radius);
  context.lineTo(x - radius * 1.2, y + radius);
  context.fill();
}
