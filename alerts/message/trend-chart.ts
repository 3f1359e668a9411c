import { formatShort } from '../../core/format.ts';
import { isRateChange, unitOf } from '../../core/incident-words.ts';
import type { Notification } from '../../core/notification.ts';
import { signalWords } from '../../core/signal-words.ts';
import {
  type Canvas,
  type Colour,
  createCanvas,
  drawDashes,
  drawLine,
  drawText,
  encodePng,
  type Point,
  TEXT_HEIGHT,
  textWidth,
} from './canvas.ts';
import { messageOf } from './message.ts';
import { clip, plain } from './plain.ts';
import { thin } from './sparkline.ts';

export interface TrendChart {
  /** A PNG file. */
  readonly png: Uint8Array<ArrayBuffer>;
  /** `Response length, last 4 h` */
  readonly title: string;
  /** What it shows, for who does not see it; at most 1,000 characters. */
  readonly description: string;
}

const [WIDTH, HEIGHT] = [840, 260];
const PLOT = { left: 110, right: WIDTH - 110, top: 18, bottom: HEIGHT - 38 };
const POINTS_MAX = 240;

const LINE: Colour = [36, 92, 178];
const BEFORE: Colour = [110, 116, 124];
const AFTER: Colour = [190, 52, 40];
const FRAME: Colour = [222, 225, 229];
const TIME: Colour = [90, 95, 102];

/**
 * The signal over the hours before as a small picture: its line, its level before (grey, named on the left), its level now
 * (red, named on the right), and an upright line where it changed. Null with fewer than two known values. Pure.
 */
export function trendChart(notification: Notification): TrendChart | null {
  const { trend, incident } = notification;
  const values = thin(trend.values, POINTS_MAX);
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const levels = [incident.before, incident.after].filter(Number.isFinite);
  const scaleY = verticalScale([...known, ...levels]);
  const canvas = createCanvas(WIDTH, HEIGHT);
  drawFrame(canvas, notification);
  const unit = unitOf(incident.signal, isRateChange(incident));
  drawLevel(canvas, { value: incident.before, colour: BEFORE, side: 'left', unit }, scaleY);
  drawLevel(canvas, { value: incident.after, colour: AFTER, side: 'right', unit }, scaleY);
  const points = values.map((value, index): Point | null =>
    value === null
      ? null
      : { x: PLOT.left + ((PLOT.right - PLOT.left) * index) / (values.length - 1), y: scaleY(value) },
  );
  drawTrend(canvas, points);
  const { headline, pair, trend: words } = messageOf(notification);
  const span = words?.span ?? '';
  return {
    png: encodePng(canvas),
    title: clip(plain(`${signalWords(incident.signal).label}, ${span}`), 100),
    description: clip(`${headline} (${pair}), ${span}`, 1_000),
  };
}

/** Values to rows of pixels, with a margin, so that a level does not lie on the frame. */
function verticalScale(values: readonly number[]): (value: number) => number {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return (value) => {
    // Halved first: the distance of two huge values is not finite.
    const share = high === low ? 0.5 : (value / 2 - low / 2) / (high / 2 - low / 2);
    return PLOT.bottom - 12 - share * (PLOT.bottom - PLOT.top - 24);
  };
}

function drawFrame(canvas: Canvas, { trend, incident }: Notification): void {
  const { left, right, top, bottom } = PLOT;
  const style = { colour: FRAME, width: 1 };
  drawLine(
    canvas,
    [
      { x: left, y: bottom },
      { x: right, y: bottom },
    ],
    style,
  );
  const [start, end] = [trend.since.getTime(), trend.until.getTime()];
  const share = (incident.since.getTime() - start) / (end - start);
  if (share > 0 && share < 1) {
    const x = left + share * (right - left);
    drawLine(
      canvas,
      [
        { x, y: top },
        { x, y: bottom },
      ],
      { ...style, width: 3 },
    );
  }
  const y = bottom + 12;
  drawText(canvas, timeOf(trend.since), { at: { x: left, y }, colour: TIME });
  const last = timeOf(trend.until);
  drawText(canvas, last, { at: { x: right - textWidth(last), y }, colour: TIME });
}

interface Level {
  readonly value: number;
  readonly colour: Colour;
  readonly side: 'left' | 'right';
  readonly unit: string;
}

function drawLevel(
  canvas: Canvas,
  { value, colour, side, unit }: Level,
  scaleY: (value: number) => number,
): void {
  if (!Number.isFinite(value)) return;
  const y = scaleY(value);
  drawDashes(
    canvas,
    [
      { x: PLOT.left, y },
      { x: PLOT.right, y },
    ],
    colour,
  );
  const label = labelOf(value, unit);
  const x = side === 'left' ? PLOT.left - 10 - textWidth(label) : PLOT.right + 10;
  drawText(canvas, label, { at: { x, y: y - TEXT_HEIGHT / 2 }, colour });
}

/** A gap in the values is a gap in the line; a value between two gaps is a dot. */
function drawTrend(canvas: Canvas, points: readonly (Point | null)[]): void {
  points.forEach((point, index) => {
    if (!point) return;
    drawLine(canvas, [points[index - 1] ?? point, point], { colour: LINE, width: 2.5 });
  });
}

/** In the characters of the small font. */
function labelOf(value: number, unit: string): string {
  return formatShort(value, unit).replace(/−|–/g, '-').replace(/\s/g, ' ').slice(0, 8);
}

/** `11-22 14:05`, in UTC. */
function timeOf(at: Date): string {
  return at.toISOString().slice(5, 16).replace('T', ' ');
}
