import type { Recorder } from '../recorder.ts';
import { MESSAGES_READER } from './anthropic-messages.ts';
import type { CallReader } from './call-reader.ts';
import { watchCall } from './call-watch.ts';
import { providerOfUrl } from './names.ts';
import { CHAT_READER, COMPLETION_READER, EMBEDDING_READER } from './openai-chat.ts';
import { RESPONSES_READER } from './openai-responses.ts';
import { apply, field, isFields, isFunction, safely } from './values.ts';
import { warnOnce } from './warn.ts';
import { isVendorPromise, signalOf, watchPromise } from './watched-promise.ts';

export interface ObserveOptions {
  /** Who serves the model, where the base URL does not tell. */
  readonly provider?: string;
}

/** Where a client has its calls, and who reads them. */
type Surface = readonly (readonly [path: readonly string[], reader: CallReader])[];

const OPENAI: Surface = [
  [['chat', 'completions'], CHAT_READER],
  [['responses'], RESPONSES_READER],
  [['embeddings'], EMBEDDING_READER],
  [['completions'], COMPLETION_READER],
  [['beta', 'chat', 'completions'], CHAT_READER],
  [['beta', 'responses'], RESPONSES_READER],
];

const ANTHROPIC: Surface = [
  [['messages'], MESSAGES_READER],
  [['beta', 'messages'], MESSAGES_READER],
];

const METHOD = 'create';
const OBSERVED = new WeakSet<object>();

/**
 * Records every call that this client makes from now on, and returns the same client: OpenAI's, Azure's, one for a server
 * that speaks their protocol, or Anthropic's, known by what they can do. Its class, its prototypes and other clients are not
 * touched. A client that we do not know comes back unchanged, with one warning.
 */
export function observe<T>(client: T, recorder: Recorder, options: ObserveOptions = {}): T {
  const isKnown = safely(() => observeKnown(client, recorder, options));
  if (isKnown !== true)
    warnOnce('observe() does not know this client, or may not change it: its calls are not recorded');
  return client;
}

function observeKnown(client: unknown, recorder: Recorder, options: ObserveOptions): boolean {
  if (!isFields(client)) return false;
  if (OBSERVED.has(client)) return true;
  const surface = surfaceOf(client);
  if (surface === undefined) return false;
  OBSERVED.add(client);
  const named = createProviderNamer();
  const given = { recorder, provider: () => options.provider ?? providerOf(client, surface, named) };
  const hooked = surface.map(([path, reader]) => safely(() => hook(resourceAt(client, path), reader, given)));
  safely(() => hookWithOptions(client, recorder, options));
  return hooked.some((isHooked) => isHooked === true);
}

function surfaceOf(client: object): Surface | undefined {
  const can = ([path]: Surface[number]): boolean => isFunction(field(resourceAt(client, path), METHOD));
  // Anthropic's client has completions too, and some that speak OpenAI's protocol have messages.
  if (OPENAI.slice(0, 3).some(can)) return OPENAI;
  return ANTHROPIC.some(can) ? ANTHROPIC : undefined;
}

function resourceAt(client: unknown, path: readonly string[]): unknown {
  return path.reduce((owner, name) => field(owner, name), client);
}

interface Hooked {
  readonly recorder: Recorder;
  readonly provider: () => string | undefined;
}

/** Puts ours before the call of this one resource. False if it cannot be. */
function hook(resource: unknown, reader: CallReader, { recorder, provider }: Hooked): boolean {
  const original = field(resource, METHOD);
  if (!isFields(resource) || !isFunction(original)) return false;
  const observed = function (this: unknown, ...given: unknown[]): unknown {
    // The client's own work first: what it throws here is the host's mistake, and no call was made.
    const promise = apply(original, this, given);
    safely(() => {
      if (!isVendorPromise(promise))
        return warnOnce('a call returned a promise that is not known: it is not recorded');
      const [body, options] = given;
      const watch = watchCall(recorder, reader, { body, provider: provider(), signal: signalOf(options) });
      if (watch !== undefined) watchPromise(promise, watch);
    });
    return promise;
  };
  replace(resource, METHOD, observed);
  return resource[METHOD] === observed;
}

/** What is derived from an observed client is observed. */
function hookWithOptions(client: object, recorder: Recorder, options: ObserveOptions): void {
  const original = field(client, 'withOptions');
  if (!isFunction(original)) return;
  replace(client, 'withOptions', function (this: unknown, ...given: unknown[]): unknown {
    return observe(apply(original, this, given), recorder, options);
  });
}

/** As invisible as the method on the prototype that it stands before. */
function replace(owner: object, name: string, value: (...given: unknown[]) => unknown): void {
  const original = field(owner, name);
  if (isFunction(original)) {
    Object.defineProperty(value, 'name', { value: original.name, configurable: true });
    Object.defineProperty(value, 'length', { value: original.length, configurable: true });
  }
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: false });
}

/** Azure's client speaks to any host under Azure's name; Anthropic's is Anthropic's unless it was sent elsewhere. */
function providerOf(client: unknown, surface: Surface, named: ProviderNamer): string | undefined {
  return safely(() => {
    if (surface === OPENAI && typeof field(client, 'apiVersion') === 'string') return 'azure.ai.openai';
    return named(field(client, 'baseURL'));
  });
}

type ProviderNamer = (baseUrl: unknown) => string | undefined;

/** A host may change the address; as long as it does not, it is read once: to do so takes longer than all the rest. */
function createProviderNamer(): ProviderNamer {
  let lastUrl: unknown;
  let lastName: string | undefined;
  return (baseUrl) => {
    if (baseUrl !== lastUrl) {
      lastName = providerOfUrl(baseUrl);
      lastUrl = baseUrl;
    }
    return lastName;
  };
}
