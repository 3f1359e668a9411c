import { crc32, deflateSync } from 'node:zlib';

export type Colour = readonly [red: number, green: number, blue: number];
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A picture to draw on: three bytes a pixel, row by row from the top. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A white canvas. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 3).fill(255) };
}

/** Draws a straight line with soft edges and round ends. */
export function drawLine(
  canvas: Canvas,
  [a, b]: readonly [Point, Point],
  { colour, width }: { colour: Colour; width: number },
): void {
  const reach = width / 2 + 1;
  const [left, right] = [Math.floor(Math.min(a.x, b.x) - reach), Math.ceil(Math.max(a.x, b.x) + reach)];
  const [top, bottom] = [Math.floor(Math.min(a.y, b.y) - reach), Math.ceil(Math.max(a.y, b.y) + reach)];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      blend(canvas, { x, y }, { colour, cover: width / 2 + 0.5 - distance({ x, y }, a, b) });
    }
  }
}

/** Draws a level line of dashes. */
export function drawDashes(canvas: Canvas, [from, to]: readonly [Point, Point], colour: Colour): void {
  for (let x = from.x; x < to.x; x += 10) {
    drawLine(
      canvas,
      [
        { x, y: from.y },
        { x: Math.min(x + 5, to.x), y: from.y },
      ],
      { colour, width: 1.5 },
    );
  }
}

const SCALE = 2;
const ADVANCE = 6 * SCALE;
const GLYPH_ROWS = 7;

/** Height of a text in pixels. */
export const TEXT_HEIGHT: number = GLYPH_ROWS * SCALE;

/** Width of a text in pixels. */
export function textWidth(text: string): number {
  return Math.max(0, text.length * ADVANCE - SCALE);
}

/** Writes digits and the letters of units, `at` being the upper left corner; what the small font lacks is left blank. */
export function drawText(canvas: Canvas, text: string, { at, colour }: { at: Point; colour: Colour }): void {
  [...text].forEach((character, index) => {
    const glyph = GLYPHS.get(character);
    if (!glyph) return;
    for (let y = 0; y < TEXT_HEIGHT; y++) {
      for (let x = 0; x < 5 * SCALE; x++) {
        const isInk = glyph[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === '#';
        const point = { x: Math.round(at.x) + index * ADVANCE + x, y: Math.round(at.y) + y };
        if (isInk) blend(canvas, point, { colour, cover: 1 });
      }
    }
  });
}

/** The canvas as a PNG file (ISO 15948: true colour, eight bits, no filter). */
export function encodePng({ width, height, pixels }: Canvas): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) {
    // The first byte of a row names its filter: 0, none.
    rows.set(pixels.subarray(y * width * 3, (y + 1) * width * 3), y * (width * 3 + 1) + 1);
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

function blend(
  { width, height, pixels }: Canvas,
  { x, y }: Point,
  { colour, cover }: { colour: Colour; cover: number },
): void {
  if (cover <= 0 || x < 0 || y < 0 || x >= width || y >= height) return;
  const share = Math.min(1, cover);
  colour.forEach((value, index) => {
    const at = (y * width + x) * 3 + index;
    pixels[at] = Math.round((pixels[at] ?? 255) * (1 - share) + value * share);
  });
}

/** From a point to the nearest one between `a` and `b`. */
function distance({ x, y }: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a.x) * dx + (y - a.y) * dy) / squared));
  return Math.hypot(x - a.x - along * dx, y - a.y - along * dy);
}

/** Characters of five by seven, side by side. */
// biome-ignore format: rows under each other are the letters that they show.
const BANDS: readonly (readonly [characters: string, rows: readonly string[]])[] = [
  ['0123456789', [
    '.###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###.',
    '#...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...#',
    '#..## ..#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...#',
    '#.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .####',
    '##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#',
    '#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#.',
    '.###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..',
  ]],
  ['.,:-%$<', [
    '..... ..... ..... ..... ##... ..#.. ...#.',
    '..... ..... .##.. ..... ##..# .#### ..#..',
    '..... ..... .##.. ..... ...#. #.#.. .#...',
    '..... ..... ..... ##### ..#.. .###. #....',
    '..... .##.. .##.. ..... .#... ..#.# .#...',
    '.##.. ..#.. .##.. ..... #..## ####. ..#..',
    '.##.. .#... ..... ..... ...## ..#.. ...#.',
  ]],
  ['mshinMGT', [
    '..... ..... #.... ..#.. ..... #...# .###. #####',
    '..... ..... #.... ..... ..... ##.## #...# ..#..',
    '##.#. .###. #.##. .##.. #.##. #.#.# #.... ..#..',
    '#.#.# #.... ##..# ..#.. ##..# #.#.# #.### ..#..',
    '#.#.# .###. #...# ..#.. #...# #...# #...# ..#..',
    '#...# ....# #...# ..#.. #...# #...# #...# ..#..',
    '#...# ####. #...# .###. #...# #...# .#### ..#..',
  ]],
];

const GLYPHS: ReadonlyMap<string, readonly string[]> = new Map(
  BANDS.flatMap(([characters, rows]) =>
    [...characters].map(
      (character, index) => [character, rows.map((row) => row.slice(index * 6, index * 6 + 5))] as const,
    ),
  ),
);
