const SURROGATE = /\p{Surrogate}/u;
const SURROGATES = /\p{Surrogate}/gu;
const REPLACEMENT = '\uFFFD';

/**
 * The same JSON value with each lone half of a surrogate pair replaced by U+FFFD, in keys too: UTF-8 has no way to
 * write one, and stores refuse it. The value itself if there is none. The nesting of `value` is bounded by the caller.
 */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string')
    return SURROGATE.test(value) ? value.replace(SURROGATES, REPLACEMENT) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(wellFormed);
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let isSame = true;
  const entries = Object.entries(value).map(([name, item]) => {
    const entry = [wellFormed(name), wellFormed(item)] as [string, unknown];
    if (entry[0] !== name || entry[1] !== item) isSame = false;
    return entry;
  });
  return isSame ? value : Object.fromEntries(entries);
}
