import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { type Duty, joinDuty } from '../../ingest/log/duty.ts';
import type { Store } from '../../sql/client.ts';
import { readStoreClock } from '../../sql/store-clock.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { Log } from './open-log.ts';

/** Work that is done by one process at a time, and taken over by another when it falls silent. */
export interface Watchkeeping {
  readonly loop: Loop;
  readonly duty: Duty;
  isActive(): boolean;
  stop(): Promise<void>;
}

export interface WatchkeepingOptions {
  readonly name: 'analyzer' | 'alerter';
  readonly periodMs: number;
  readonly logger: Logger;
  /** Takes the work up where it was left; what it gives is called turn by turn while the duty is held. */
  readonly takeUp: (store: Store) => Promise<() => Promise<boolean>>;
  /** Called when what was taken up is dropped. */
  readonly onDropped?: () => void;
}

/** The store belongs to the writers first: a roll-up reads all of the minute again, every turn. */
const WORK_SHARE_MAX = 0.15;
/** What the one before us still had under way when it was given up for dead has arrived after this. */
const SETTLE_MS = 2_000;

/** Begins the work whenever the duty is ours, and drops it, with all that it remembers, when it is not. */
export function keepWatch(store: Store, log: Log, options: WatchkeepingOptions): Watchkeeping {
  const { name, logger } = options;
  let heldSinceMs: number | null = null;
  let turn: (() => Promise<boolean>) | null = null;
  const duty = joinDuty({
    kafka: log.kafka,
    topic: log.names[name],
    log: logger,
    onChange(shares) {
      const isHeld = shares.length > 0;
      if (isHeld !== (heldSinceMs !== null)) logger.info({ duty: name, isHeld }, 'a duty changed hands');
      // Also when it stays ours: meanwhile another may have had it.
      heldSinceMs = isHeld ? performance.now() : null;
      if (turn) options.onDropped?.();
      turn = null;
    },
  });
  // What we write must replace what the one before us wrote, and its clock may have been ahead of ours.
  const takeUp = async (isHeld: () => boolean) => {
    await readStoreClock(store);
    return options.takeUp(fenced(store, isHeld));
  };
  const isActive = () => heldSinceMs !== null && duty.shares().length > 0;
  const loop = createLoop({
    name,
    periodMs: options.periodMs,
    workShareMax: WORK_SHARE_MAX,
    log: logger,
    async turn() {
      if (!isActive() || performance.now() - (heldSinceMs ?? 0) < SETTLE_MS) return false;
      const since = heldSinceMs;
      turn ??= await takeUp(() => isActive() && heldSinceMs === since);
      return turn();
    },
  });
  duty.start();
  loop.start();
  return {
    loop,
    duty,
    isActive,
    async stop() {
      await loop.stop();
      await duty.stop();
    },
  };
}

/** The store, which takes nothing from one who lost the duty, however late it wakes up. */
function fenced(store: Store, isHeld: () => boolean): Store {
  const check = (): void => {
    if (!isHeld()) throw new AppError('upstream_unavailable', 'another process has taken this work over');
  };
  return {
    ...store,
    async command(query, params) {
      check();
      await store.command(query, params);
    },
    async insertLines(table, lines, settings) {
      check();
      await store.insertLines(table, lines, settings);
    },
  };
}
