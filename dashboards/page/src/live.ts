import { readKey } from './read-key.ts';

const RETRY_MS = 5_000;
const RETRY_MS_MAX = 60_000;

/** Told whether it was this page itself that changed something: then its reader waits to see it. */
type Listener = (isOwn: boolean) => void;

const listeners = new Set<Listener>();
let stream: AbortController | null = null;
let retryMs = RETRY_MS;
let isListening = false;

/** Whether news come by themselves; without them, views ask in short intervals. */
export const hasNews = (): boolean => isListening;

/** Calls back whenever something has changed, or has been missed. The function it returns ends it. */
export function onNews(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) stopListening();
  };
}

/** Tells every view that this page has changed something. */
export const tellOwn = (): void => tellNews(true);

function tellNews(isOwn: boolean): void {
  for (const listener of [...listeners]) listener(isOwn);
}

/** Listens, unless it does already. Called once an answer has come: then the key, if one is needed, is a good one. */
export function startListening(): void {
  if (stream === null && !document.hidden && listeners.size > 0) void listen();
}

/** Ends it: the page is hidden, or nobody wants to know. */
export function stopListening(): void {
  stream?.abort();
  stream = null;
  isListening = false;
}

/** Fetch and not EventSource, which cannot send a key. What does not work is tried again later; views ask meanwhile. */
async function listen(): Promise<void> {
  const mine = new AbortController();
  stream = mine;
  const key = readKey.value;
  try {
    const response = await fetch('api/changes', {
      headers: { accept: 'text/event-stream', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      signal: mine.signal,
    });
    if (response.ok && response.body) await readNews(response.body);
  } catch {
    // The server has gone, or this page has: either way there are no more news.
  }
  if (stream !== mine) return;
  isListening = false;
  // Between the last news and now there may have been some; and if the server is gone, the view says so at once.
  tellNews(false);
  setTimeout(() => {
    if (stream !== mine) return;
    stream = null;
    startListening();
  }, retryMs);
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
}

async function readNews(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    isListening = true;
    retryMs = RETRY_MS;
    const events = `${rest}${decoder.decode(value, { stream: true })}`.split('\n\n');
    rest = events.pop() ?? '';
    if (events.some((event) => event.startsWith('event:'))) tellNews(false);
  }
}
