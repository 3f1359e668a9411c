import type { IncomingHttpHeaders } from 'node:http';

/** What a client asked for. */
export interface VendorRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly [name: string]: unknown };
}

/** What the vendor answers: a body, or the events of a stream as they go over the line. */
export type VendorAnswer =
  | { readonly json: unknown; readonly status?: number; readonly headers?: Record<string, string> }
  | { readonly text: string }
  | { readonly events: readonly string[]; readonly ending?: 'breaks' | 'hangs' };
