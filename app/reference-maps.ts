import { mapFromJson } from '../analyzers/embeddings/map-json.ts';
import { fitMapInThread } from '../analyzers/embeddings/map-thread.ts';
import { projectOnto, type ReferenceMap, type TextSide } from '../analyzers/embeddings/reference-map.ts';
import type { Logger } from '../core/log.ts';
import type { Store } from '../sql/client.ts';
import {
  modelsWithTexts,
  type PlacedText,
  type ProjectionRow,
  vectorsWithoutPlace,
  writeProjections,
} from '../sql/queries/projections.ts';
import { mapsInForce } from '../sql/queries/reference-maps.ts';
import { minuteOf } from '../sql/rollup.ts';
import { type FitMap, MAP_ROWS_MIN, makeMaps, REACH_MS, SIDES } from './make-maps.ts';

/** An inference that has just been embedded. */
export interface Placeable {
  readonly project: string;
  readonly model: string;
  readonly inference_id: string;
  readonly timestamp: Date;
  readonly prompt: Float32Array | null;
  readonly response: Float32Array | null;
}

/** The maps of one embedder, and where texts lie on them. */
export interface ReferenceMaps {
  /** Stores where these lie on the maps in force; without a map it stores nothing. */
  place(rows: readonly Placeable[]): Promise<void>;
  /**
   * Does a part of what is to be done besides: reads maps that others made, begins one that is due, places inferences that
   * were embedded before it. Returns the minutes (ms) of those.
   */
  turn(now: Date): Promise<readonly number[]>;
}

export interface ReferenceMapOptions {
  readonly identity: string;
  /** Of several embedders one makes the maps. */
  readonly isMaker: () => boolean;
  readonly log: Logger;
  /** In tests: in the same thread. */
  readonly fit?: FitMap;
}

/** How often maps of others are looked for, and whether one is due. */
const LOOK_MS = 60_000;
/** Placed in one turn: below a second of work. */
const PLACED_PER_TURN = 500;
/** Models that have maps: each is half a megabyte in memory. */
const MODELS_MAX = 50;

/** Opens the maps of one embedder. */
export function openReferenceMaps(store: Store, options: ReferenceMapOptions): ReferenceMaps {
  const { identity, isMaker, log, fit = fitMapInThread } = options;
  const maps = createShelf();
  /** Models whose older inferences may not be placed yet. */
  const waiting = new Map<string, { project: string; model: string }>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let making: Promise<void> | null = null;

  function keep(map: ReferenceMap): void {
    const { project, model } = map;
    if (maps.keep(map)) waiting.set(JSON.stringify([project, model]), { project, model });
  }

  function keepNew(map: ReferenceMap): void {
    keep(map);
    const { id, project, model, side, rows, topics } = map;
    log.info({ project, model, side, map: id, rows, topics: topics.length }, 'reference map made');
  }

  const place = (rows: readonly Placeable[]): Promise<void> =>
    writeProjections(
      store,
      rows.filter(({ project, model }) => maps.has(project, model)).map(maps.placed),
      new Date(),
    );

  async function look(now: Date): Promise<void> {
    lookedAt = now.getTime();
    for (const body of await mapsInForce(store, identity)) keep(mapFromJson(body));
    if (!isMaker() || making !== null) return;
    const span = { since: new Date(now.getTime() - REACH_MS), until: now };
    const due = (await modelsWithTexts(store, span))
      .slice(0, MODELS_MAX)
      .filter(({ rows }) => rows >= MAP_ROWS_MIN)
      .find(({ project, model }) => !maps.has(project, model));
    if (!due) return;
    // Embedding goes on meanwhile.
    making = makeMaps(store, { project: due.project, model: due.model, identity }, { now, fit })
      .then((made) => made.forEach(keepNew))
      .catch((error: unknown) =>
        log.warn({ error: String(error), model: due.model }, 'reference map not made'),
      )
      .finally(() => (making = null));
  }

  return {
    place,
    async turn(now) {
      if (now.getTime() - lookedAt >= LOOK_MS) await look(now);
      const [next] = waiting;
      if (!next || !isMaker()) return [];
      const [name, model] = next;
      const span = { since: new Date(now.getTime() - REACH_MS), until: now };
      const rows = await vectorsWithoutPlace(store, { ...model, identity, ...span, limit: PLACED_PER_TURN });
      await place(rows.map(({ id, ...row }) => ({ ...row, ...model, inference_id: id })));
      if (rows.length < PLACED_PER_TURN) waiting.delete(name);
      return [...new Set(rows.map(({ timestamp }) => minuteOf(timestamp.getTime())))];
    },
  };
}

/** The maps in memory, one for each project, model and side. */
function createShelf() {
  const maps = new Map<string, ReferenceMap>();
  const nameOf = (project: string, model: string, side: TextSide): string =>
    JSON.stringify([project, model, side]);

  function placeOf(row: Placeable, side: TextSide): PlacedText | null {
    const map = maps.get(nameOf(row.project, row.model, side));
    const vector = row[side];
    return map && vector && vector.length === map.mean.length ? projectOnto(map, vector) : null;
  }
  return {
    has: (project: string, model: string): boolean =>
      SIDES.some((side) => maps.has(nameOf(project, model, side))),
    /** Whether it was not there. */
    keep(map: ReferenceMap): boolean {
      const name = nameOf(map.project, map.model, map.side);
      const isNew = maps.get(name)?.id !== map.id;
      maps.set(name, map);
      return isNew;
    },
    placed(row: Placeable): ProjectionRow {
      const { project, model, inference_id, timestamp } = row;
      const [prompt, response] = [placeOf(row, 'prompt'), placeOf(row, 'response')];
      return { project, model, inference_id, timestamp, prompt, response };
    },
  };
}
