/** What wants to know that the process ends. */
export interface EndListener {
  /** Nothing is left to do but what this starts. Never rejects; false if something is left. */
  endOfProcess(): Promise<boolean>;
  /** Now: nothing is waited for. Never throws. */
  spillNow(): void;
}

/** One listener of each event for all of us: hosts count listeners. */
const enlisted = new Map<EndListener, { onSigterm: boolean }>();
let isListening = false;
let isAtEnd = false;

/** Tells it of the end of the process, until it resigns. */
export function enlist(listener: EndListener, options: { onSigterm: boolean }): void {
  enlisted.set(listener, options);
  if (!isListening) {
    isListening = true;
    process.on('beforeExit', onBeforeExit);
    process.on('exit', onExit);
  }
  if (options.onSigterm && !process.listeners('SIGTERM').includes(onSigterm)) {
    process.on('SIGTERM', onSigterm);
  }
}

export function resign(listener: EndListener): void {
  enlisted.delete(listener);
  if (enlisted.size > 0) return;
  isListening = false;
  process.off('beforeExit', onBeforeExit);
  process.off('exit', onExit);
  process.off('SIGTERM', onSigterm);
}

/** Comes again when what was started here is over: while the collector is away, another try would be one for ever. */
function onBeforeExit(): void {
  try {
    if (isAtEnd) return;
    isAtEnd = true;
    const ended = [...enlisted.keys()].map((listener) => listener.endOfProcess());
    void Promise.all(ended).then(
      (isSent) => {
        isAtEnd = !isSent.every(Boolean);
      },
      () => {},
    );
  } catch {
    // The process ends without us.
  }
}

function onExit(): void {
  try {
    for (const listener of enlisted.keys()) listener.spillNow();
  } catch {
    // The process ends without us.
  }
}

/**
 * A listener takes the signal's own effect away, which is to end the process. So when the host has none of its own, the
 * signal is sent again once we are done, with nobody listening; when it has, the end is the host's to decide.
 */
function onSigterm(): void {
  const isHostsToo = process.listenerCount('SIGTERM') > 1;
  const flushed = flushOnSigterm();
  if (isHostsToo) return;
  const end = (): void => {
    onExit();
    process.off('SIGTERM', onSigterm);
    process.kill(process.pid, 'SIGTERM');
  };
  void flushed.then(end, end);
}

async function flushOnSigterm(): Promise<void> {
  const ours = [...enlisted].filter(([, options]) => options.onSigterm);
  await Promise.all(ours.map(([listener]) => listener.endOfProcess()));
}
