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

/** As ClickHouse gives them (HTTPHandler.cpp); every other code is a 500. */
const STATUSES: Readonly<Record<number, readonly number[]>> = {
  400: [
    27, 36, 38, 41, 42, 43, 44, 53, 62, 63, 69, 70, 72, 73, 113, 115, 117, 130, 131, 190, 321, 349, 354, 456,
    457,
  ],
  403: [497, 516],
  404: [46, 47, 50, 60, 81],
  408: [159, 209],
  409: [57],
  413: [396, 307, 158],
  501: [48],
  503: [202],
};

/** Status of an exception's code. */
export function statusOf(code: number): number {
  const [status] = Object.entries(STATUSES).find(([, codes]) => codes.includes(code)) ?? ['500'];
  return Number(status);
}
