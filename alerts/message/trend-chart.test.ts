import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { notification } from '../../test/support/receivers/notification.ts';
import { sparkline } from './sparkline.ts';
import { trendChart } from './trend-chart.ts';

/** Reads a PNG by its specification: chunks with their sums, then rows of a filter byte and pixels. */
function decode(png: Uint8Array): { width: number; height: number; at: (x: number, y: number) => number[] } {
  const file = Buffer.from(png);
  expect(file.subarray(0, 8).toString('latin1')).toBe('\u0089PNG\r\n\u001a\n');
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const body = file.subarray(at + 4, at + 8 + length);
    expect(file.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.toString('latin1', 0, 4), body.subarray(4));
    at += 12 + length;
  }
  const header = chunks.get('IHDR')!;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  expect([...header.subarray(8)]).toEqual([8, 2, 0, 0, 0]);
  const rows = inflateSync(chunks.get('IDAT')!);
  expect(rows.length).toBe(height * (1 + width * 3));
  return { width, height, at: (x, y) => [...rows.subarray(y * (1 + width * 3) + 1 + x * 3).subarray(0, 3)] };
}

describe('trendChart', () => {
  it('is a PNG in which the line falls from the level before to the level now', () => {
    const { png, description } = trendChart(notification())!;
    const { width, height, at } = decode(png);
    const lineAt = (x: number): number => {
      const rows = Array.from({ length: height }, (_, y) => y);
      return rows.find((y) => at(x, y)[0]! < 80 && at(x, y)[2]! > 150) ?? -1;
    };
    const [left, right] = [lineAt(130), lineAt(width - 130)];
    expect(left).toBeGreaterThan(0);
    expect(right - left).toBeGreaterThan(height / 2);
    expect(png.length).toBeLessThan(20_000);
    expect(description).toMatch(/shorter \(638 → 212 characters\), last 4\u202fh/);
  });

  it('draws nothing of fewer than two values, and survives huge and missing ones', () => {
    const since = new Date(0);
    const trend = (values: (number | null)[]) =>
      trendChart(notification({ trend: { values, since, until: since } }));
    expect(trend([])).toBe(null);
    expect(trend([1, null])).toBe(null);
    decode(trend([1e308, null, -1e308, 5, null, 7])!.png);
  });
});

describe('sparkline', () => {
  it('shows least and largest as lowest and highest bar, and a gap as a dot', () => {
    expect(sparkline([0, 7, null, 3.5])).toBe('▁█·▅');
    expect(sparkline([0, 0, 7, 7], 2)).toBe('▁█');
    expect(sparkline([null, Number.NaN])).toBe('');
    expect(sparkline([1e308, -1e308])).toBe('█▁');
  });
});
