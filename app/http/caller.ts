import type { IncomingMessage } from 'node:http';
import type { Request, Response } from 'express';
import { ALL_PROJECTS, type ApiKey } from '../../core/api-key.ts';
import type { ProjectRule } from '../../ingest/project-rule.ts';
import type { ByteBudget, ByteLease } from './byte-budget.ts';
import type { KeyMeter } from './key-meter.ts';

/** Who was let in with a key, and how much of its limits is used up. */
interface Caller {
  readonly key: ApiKey;
  readonly meter: KeyMeter;
}

const callers = new WeakMap<Response, Caller>();

/** Remembers the key that a request came with, for the routes behind. */
export function rememberCaller(res: Response, caller: Caller): void {
  callers.set(res, caller);
}

/** The key that this request came with; null for a caller that needed none. */
export function keyOf(res: Response): ApiKey | null {
  return callers.get(res)?.key ?? null;
}

/** Where the records of this request may go; undefined: anywhere. */
export function projectRuleOf(res: Response): ProjectRule | undefined {
  const key = keyOf(res);
  if (key === null || key.project === ALL_PROJECTS) return undefined;
  return { default: key.project, allowsOthers: false };
}

/** The one project that this request may read; empty for all. */
export function readableProject({ res }: Request): string {
  const project = res ? keyOf(res)?.project : undefined;
  return project === undefined || project === ALL_PROJECTS ? '' : project;
}

export interface BodyAllowance {
  /** Of the body, compressed as well as not. */
  readonly bytesMax: number;
  /** Counts what is read on the key, and on what all requests hold; the caller releases it. */
  readonly lease: ByteLease;
}

/** What a request may send: the bound of all bodies and that of its key, on the account of its key or its address. */
export function bodyAllowance(
  req: IncomingMessage,
  res: Response,
  { bodyBytesMax, budget }: { readonly bodyBytesMax: number; readonly budget: ByteBudget },
): BodyAllowance {
  const caller = callers.get(res);
  if (!caller) return { bytesMax: bodyBytesMax, lease: budget.lease(req.socket.remoteAddress ?? '') };
  const { key, meter } = caller;
  const lease = budget.lease(`key ${key.id}`);
  return {
    bytesMax: Math.min(bodyBytesMax, key.limits.bodyBytesMax ?? bodyBytesMax),
    lease: {
      take(bytes) {
        lease.take(bytes);
        meter.addBytes(bytes);
      },
      release: () => lease.release(),
    },
  };
}
