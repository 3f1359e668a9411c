import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
// Puts the codec in its place.
import './client.ts';

const codec = kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP]?.() as {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
};

describe('gzip of what is on the log', () => {
  it.each([0, 1, 16_383, 16_384, 1_000_000, 9_000_000])('gives %i bytes back', async (length) => {
    const bytes = randomBytes(length);
    expect((await codec.decompress(await codec.compress({ buffer: bytes }))).equals(bytes)).toBe(true);
  });

  it('reads several members, of which the last one alone tells its length', async () => {
    const [long, short] = [randomBytes(300_000), Buffer.from('the end')];
    const read = await codec.decompress(Buffer.concat([gzipSync(long), gzipSync(short)]));
    expect(read.equals(Buffer.concat([long, short]))).toBe(true);
  });

  it('rejects what grows beyond its bound', async () => {
    await expect(codec.decompress(gzipSync(Buffer.alloc(130 * 2 ** 20)))).rejects.toThrow('larger than');
  });
});
