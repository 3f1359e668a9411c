/** An answer of ClickHouse's HTTP interface that is no result: its code, which gives the status, and what is wrong. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: number;
  readonly status: number;

  /** @param message ends with the code's name in brackets, as ClickHouse's do */
  constructor(code: number, message: string, status = statusOf(code)) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** As ClickHouse gives them; every other code is a 500. Held against the engine's own server by source-server.test.ts. */
const STATUSES: Readonly<Record<number, readonly number[]>> = {
  400: [6, 25, 26, 27, 36, 38, 41, 44, 62, 72, 117, 376, 427],
  403: [516],
  404: [46, 47, 50, 60, 73, 81, 115],
  408: [159, 209],
  409: [57],
  501: [48],
  503: [202],
};

/** Status of an exception's code. */
export function statusOf(code: number): number {
  const [status] = Object.entries(STATUSES).find(([, codes]) => codes.includes(code)) ?? ['500'];
  return Number(status);
}
