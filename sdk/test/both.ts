import { expect } from 'vitest';
import type { ObserveOptions } from '../src/clients/observe.ts';
import { observe } from '../src/clients/observe.ts';
import { type Collected, type CollectingRecorder, collectingRecorder } from './collecting-recorder.ts';
import type { VendorServer } from './vendor-server.ts';

/** How a run ended, as its host sees it. */
type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

export interface Observed {
  readonly records: readonly Collected[];
  readonly recorder: CollectingRecorder;
}

/**
 * The same work with the bare client and with an observed one: what the host gets and what the vendor is asked must be the same,
 * whether it is a value or an error. Answers what was recorded.
 */
export async function both<Client>(
  vendor: VendorServer,
  make: () => Client,
  work: (client: Client) => Promise<unknown>,
  options: ObserveOptions = {},
): Promise<Observed> {
  const recorder = collectingRecorder();
  const [bare, bareRequests] = await run(vendor, make(), work);
  const observed = observe(make(), recorder, options);
  const [seen, seenRequests] = await run(vendor, observed, work);
  expect(seen).toEqual(bare);
  expect(seenRequests).toEqual(bareRequests);
  return { records: recorder.records, recorder };
}

async function run<Client>(
  vendor: VendorServer,
  client: Client,
  work: (client: Client) => Promise<unknown>,
): Promise<[Outcome, unknown]> {
  vendor.forget();
  const outcome = await work(client).then(
    (value) => ({ value }),
    (error: unknown) => ({ thrown: shape(error) }),
  );
  return [outcome, vendor.requests];
}

function shape(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { status, code, type } = error as Error & { status?: unknown; code?: unknown; type?: unknown };
  return { class: error.constructor.name, message: error.message, status, code, type };
}

/** All of an iterable, read to its end. */
export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The first few, then `break`. */
export async function some<T>(stream: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}
