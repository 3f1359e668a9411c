/** Computed names are ours and need no escaping. What is not finite is as good as not measured. */
export function signalsJson(signals: Readonly<Record<string, number | string | null>>): string {
  let json = '';
  for (const name in signals) {
    const value = signals[name];
    if (typeof value === 'number') {
      if (Number.isFinite(value)) json += `,"${name}":${value}`;
    } else if (typeof value === 'string') json += `,"${name}":${asciiJson(value)}`;
  }
  return json;
}

/** A text as JSON in ASCII: it is appended to a line byte by byte. */
export function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
