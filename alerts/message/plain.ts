/** What stands where something was cut off. */
const ELLIPSIS = '…';

/**
 * One line of text that is safe to place anywhere: without control characters, without what turns the direction of
 * writing around (it could make a message read as another), without lone surrogates, and with single spaces.
 */
export function plain(text: string): string {
  return (
    text
      // The space separators, line breaks among them, but not the thin spaces that our numbers hold.
      .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
      .replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
      .replace(/ {2,}/g, ' ')
      .trim()
  );
}

/**
 * The longest beginning of `text` that is no longer than `max` once written out, with `…` where something is missing.
 * A character of several code points (an emoji with its colour, a letter with its accents) is never cut in two.
 *
 * @param text plain (see above)
 * @param max UTF-16 units, at least 1: what every receiver counts, or more than it counts
 * @param write how a piece is written out: an escaped `&` is longer than one unit
 */
export function clip(text: string, max: number, write: (piece: string) => string = (piece) => piece): string {
  // Nothing beyond this can have a place, and a hostile text should not be taken apart as a whole.
  const near = text.slice(0, max + 1);
  const whole = write(near);
  if (near.length === text.length && whole.length <= max) return whole;
  let fitted = '';
  for (const { segment } of GRAPHEMES.segment(near)) {
    const next = write(segment);
    if (fitted.length + next.length + ELLIPSIS.length > max) break;
    fitted += next;
  }
  return fitted.trimEnd() + ELLIPSIS;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** An address that a reader may be sent to, as it is; null if it is not http(s), or longer than `max`. */
export function safeUrl(url: string | null, max: number): string | null {
  if (url === null || !URL.canParse(url)) return null;
  const parsed = new URL(url);
  if (!/^https?:$/.test(parsed.protocol)) return null;
  return parsed.href.length <= max ? parsed.href : null;
}
