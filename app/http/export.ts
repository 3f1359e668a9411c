import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import { type ExportedRecord, ExportRequest } from '../export/export-source.ts';

/** The inferences of a request; rejects at once with what is wrong with it. */
export type ExportSource = (request: ExportRequest) => Promise<AsyncGenerator<ExportedRecord>>;

/**
 * POST /export : inferences as they are stored, a line of JSON each, no faster than they are taken. For `plumbline export`,
 * which redacts them: who asks may read the data folder.
 */
export function exportRoutes(source: ExportSource): Router {
  const router = Router();
  router.post('/export', async (req, res) => {
    const records = await source(ExportRequest.parse(req.body ?? {}));
    res.type('application/x-ndjson');
    try {
      await pipeline(Readable.from(lines(records), { objectMode: true, highWaterMark: 1 }), res);
    } catch (error) {
      // Who has gone is told nothing; who has not sees the answer break off.
      if (!res.destroyed) throw error;
    }
  });
  return router;
}

async function* lines(records: AsyncGenerator<ExportedRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}
