import { type Response, Router } from 'express';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { ChangeMarks } from '../../../sql/queries/change-marks.ts';

/** GET /changes, and how to end what listens there. */
export interface ChangeFeed {
  readonly router: Router;
  /** Ends every stream; who listens asks again in intervals, or elsewhere. */
  stop(): void;
}

/** The store is asked this often while anybody listens, whatever their number. */
const PERIOD_MS = 2_000;
/** Silence of a minute ends a connection in usual proxies. */
const HEARTBEAT_MS = 20_000;
const LISTENERS_MAX = 200;

/**
 * GET /changes : server-sent events, one whenever something has changed: `alerts` (incidents and what belongs to them),
 * `data` (what was counted). They say nothing of what has changed, so that one look is enough for readers of all projects.
 */
export function createChangeFeed(
  reader: {
    changeMarks(now: Date): Promise<ChangeMarks>;
  },
  clock: Clock,
): ChangeFeed {
  const listeners = new Set<Response>();
  let timer: NodeJS.Timeout | null = null;
  let last: ChangeMarks | null = null;
  let isLooking = false;
  let saidAt = 0;

  function say(text: string): void {
    saidAt = performance.now();
    for (const listener of listeners) listener.write(text);
  }

  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const marks = await reader.changeMarks(clock.now());
      const changed = (['alerts', 'data'] as const).filter(
        (name) => last !== null && marks[name] !== last[name],
      );
      last = marks;
      for (const name of changed) say(`event: ${name}\ndata: \n\n`);
    } catch {
      // The store is away: there is no news, and those who ask it are told.
    } finally {
      isLooking = false;
    }
    if (performance.now() - saidAt > HEARTBEAT_MS) say(': still here\n\n');
  }

  function leave(listener: Response): void {
    listeners.delete(listener);
    if (listeners.size > 0 || !timer) return;
    clearInterval(timer);
    timer = null;
    last = null;
  }

  const router = Router().get('/changes', (req, res) => {
    if (listeners.size >= LISTENERS_MAX)
      throw new AppError('overloaded', `${LISTENERS_MAX} pages listen already; this one asks in intervals`);
    res.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    res.flushHeaders();
    res.write(': listening\n\n');
    listeners.add(res);
    timer ??= setInterval(() => void look(), PERIOD_MS);
    req.once('close', () => leave(res));
  });
  return {
    router,
    stop() {
      for (const listener of [...listeners]) {
        listener.end();
        leave(listener);
      }
    },
  };
}
