import { OUTSIDE, OUTSIDE_LEVEL } from '../../core/map-cells.ts';
import type { Bins } from '../categories/bins.ts';
import { type Counts, OTHER } from '../categories/counts.ts';

/** A topic's number and words, with a `+` for each level that a text lies beyond. */
const CELL = /^(\d+)(?: [^+].*?)?(?: (\++))?$/;
/** Inside, and beyond each of the levels of a map (fit-map.ts). */
const LEVELS = 5;

/**
 * Every cell of a map as a bin: each topic inside and beyond each level. What is bet on besides the learned direction is
 * how many texts lie beyond each level, over all topics: novelty, or its opposite. People
 * are told of topics, and of what lies outside them.
 *
 * @param reference counts by cell, without the id of the map
 */
export function cellBins(reference: Counts): Bins {
  const words = new Map(reference.map(([name]) => [CELL.exec(name)?.[1] ?? '', name.replace(/ \++$/, '')]));
  const topics = 1 + reference.reduce((last, [name]) => Math.max(last, Number(CELL.exec(name)?.[1] ?? 0)), 0);
  const other = topics * LEVELS;
  const names = Array.from({ length: other }, (_, bin) => {
    const topic = String(Math.floor(bin / LEVELS));
    const beyond = bin % LEVELS;
    return `${words.get(topic) ?? topic}${beyond > 0 ? ` ${'+'.repeat(beyond)}` : ''}`;
  });
  return {
    names: [...names, OTHER],
    told: [
      ...names.map((name, bin) => (bin % LEVELS >= OUTSIDE_LEVEL ? OUTSIDE : name.replace(/ \++$/, ''))),
      OTHER,
    ],
    of(name) {
      const [, topic, beyond = ''] = CELL.exec(name) ?? [];
      const bin = LEVELS * Number(topic) + Math.min(beyond.length, LEVELS - 1);
      return topic === undefined || bin >= other ? other : bin;
    },
    groups: [1, 2, 3, 4].map((level) => names.flatMap((_, bin) => (bin % LEVELS >= level ? [bin] : []))),
  };
}
