const HEX = /^[0-9a-f]+$/i;
const BASE64 = /^[0-9a-z+/]+=*$/i;
const ZEROS = /^0*$/;

/** An id of so many bytes in lower-case hexadecimal; empty when it has another length, or is all zeros: no id. */
export function bytesId(bytes: Uint8Array, length: number): string {
  if (bytes.length !== length) return '';
  const id = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return ZEROS.test(id) ? '' : id;
}

/** The same of what JSON has: hexadecimal in any case as OTLP says, or base64 as protobuf's own JSON does. */
export function jsonId(text: string, length: number): string {
  if (text.length === 2 * length && HEX.test(text)) return ZEROS.test(text) ? '' : text.toLowerCase();
  const isBase64 = text.length === 4 * Math.ceil(length / 3) && BASE64.test(text);
  return isBase64 ? bytesId(Buffer.from(text, 'base64'), length) : '';
}
