import {
  CALIBRATION_ROWS_MIN,
  FIT_ROWS_MAX,
  FIT_ROWS_MIN,
  type MapSample,
} from '../analyzers/embeddings/fit-map.ts';
import { mapToJson } from '../analyzers/embeddings/map-json.ts';
import type { ReferenceMap, TextSide } from '../analyzers/embeddings/reference-map.ts';
import type { Store } from '../sql/client.ts';
import { type StoredVectors, vectorSample, writeProjections } from '../sql/queries/projections.ts';
import { writeMap } from '../sql/queries/reference-maps.ts';

export type FitMap = (sample: MapSample) => Promise<ReferenceMap>;

export const SIDES = ['prompt', 'response'] as const;
/** Texts reach back so far: the month that a baseline is of. */
export const REACH_MS = 30 * 86_400_000;
/** With fewer rows there is no map. */
export const MAP_ROWS_MIN = FIT_ROWS_MIN + CALIBRATION_ROWS_MIN;
/** With so many rows a map is made at once: more would make it no better. */
const ROWS_FULL = 2 * FIT_ROWS_MAX;
/** A model that has been there for so long gets one of fewer rows. */
const PATIENCE_MS = 7 * 86_400_000;

/**
 * Makes the maps of one model and stores them; none while it has too few rows. Half of the sample makes a map and the other
 * half calibrates it. The first half is stored as lying nowhere: it lies nearer to the map than what comes later.
 */
export async function makeMaps(
  store: Store,
  of: { readonly project: string; readonly model: string; readonly identity: string },
  { now, fit: make }: { now: Date; fit: FitMap },
): Promise<readonly ReferenceMap[]> {
  const { project, model, identity } = of;
  const span = { since: new Date(now.getTime() - REACH_MS), until: now };
  const sample = await vectorSample(store, { ...of, ...span, limit: ROWS_FULL });
  const oldest = sample.reduce((least, { timestamp }) => Math.min(least, timestamp.getTime()), now.getTime());
  const isOld = now.getTime() - oldest >= PATIENCE_MS;
  if (sample.length < (isOld ? MAP_ROWS_MIN : ROWS_FULL)) return [];
  const half = sample.length >> 1;
  const parts = { fit: sample.slice(0, half), calibration: sample.slice(half) };
  const made: ReferenceMap[] = [];
  for (const side of SIDES) {
    const about = { project, model, side, identity, createdAt: now };
    const texts = { about, fit: textsOf(parts.fit, side), calibration: textsOf(parts.calibration, side) };
    if (texts.fit.length < FIT_ROWS_MIN || texts.calibration.length < CALIBRATION_ROWS_MIN) continue;
    made.push(await make(texts));
  }
  if (made.length === 0) return [];
  const used = parts.fit.map(({ id, timestamp }) => {
    return { project, model, inference_id: id, timestamp, prompt: null, response: null };
  });
  await writeProjections(store, used, now);
  for (const { side, id, ...map } of made)
    await writeMap(store, {
      project,
      model,
      identity,
      side,
      id,
      createdAt: now,
      body: mapToJson({ side, id, ...map }),
    });
  return made;
}

function textsOf(rows: readonly StoredVectors[], side: TextSide): { vector: Float32Array; text: string }[] {
  return rows
    .map((row) => ({ vector: row[side], text: side === 'prompt' ? row.promptText : row.responseText }))
    .filter(({ vector }) => vector.length > 0);
}
