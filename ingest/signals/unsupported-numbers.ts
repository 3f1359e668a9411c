import type { Inference } from '../../core/inference.ts';

/** Numbers of at least two digits, with what stands inside them; single digits are counts, list items and chance. */
const NUMBERS = /(?<![\p{L}\d])\d(?:[\d.,'’\u00a0\u202f]{0,30}\d)(?!\p{L})/gu;
const SOURCE_UNITS_MAX = 1 << 20;
const RESPONSE_UNITS_MAX = 1 << 18;
const NUMBERS_MAX = 200;

/**
 * Share of the response's numbers (two digits and up) that stand neither in its context nor in what was asked, in [0, 1].
 * Grouping signs do not count: 1,200 is 1200. A number that was computed counts too, so that the share says something by its
 * change. Null without context, without a number, and where context, prompt and messages are longer than 1 Mi UTF-16 units.
 */
export function unsupportedNumbers(inference: Inference): number | null {
  const { response, context, status } = inference;
  if (!response || !context || context.length === 0 || status === 'error') return null;
  if (!/\d\d/.test(response)) return null;
  const numbers = [...digitsIn(response.slice(0, RESPONSE_UNITS_MAX))].slice(0, NUMBERS_MAX);
  if (numbers.length === 0) return null;
  const sources = [...context, inference.prompt ?? '', inference.system ?? '', asText(inference.messages)];
  if (sources.reduce((sum, text) => sum + text.length, 0) > SOURCE_UNITS_MAX) return null;
  const known = new Set(sources.flatMap((text) => [...digitsIn(text)]));
  return numbers.filter((number) => !known.has(number)).length / numbers.length;
}

const asText = (messages: Inference['messages']): string => (messages ? JSON.stringify(messages) : '');

/** Each number once, its digits alone, without zeros behind a point. */
function digitsIn(text: string): Set<string> {
  const found = new Set<string>();
  for (const [number] of text.matchAll(NUMBERS)) found.add(canonical(number));
  return found;
}

/** "1,200.50" and "1.200,50" are 1200.5: the last sign of the two is the point, unless three digits follow and it stands alone. */
function canonical(number: string): string {
  const bare = number.replaceAll(/['’\u00a0\u202f]/g, '');
  const signs = bare.match(/[.,]/g) ?? [];
  const last = Math.max(bare.lastIndexOf('.'), bare.lastIndexOf(','));
  const isGrouping = last < 0 || (bare.length - last - 1 === 3 && new Set(signs).size === 1);
  const whole = (isGrouping ? bare : bare.slice(0, last)).replaceAll(/[.,]/g, '');
  const rest = isGrouping ? '' : bare.slice(last + 1).replace(/0+$/, '');
  return rest === '' ? whole : `${whole}.${rest}`;
}
