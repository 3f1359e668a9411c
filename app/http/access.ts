import type { Request, RequestHandler, Response } from 'express';
import { ALL_PROJECTS, type ApiKey, isSecretOf, parseKeyText } from '../../core/api-key.ts';
import { AppError } from '../../core/errors.ts';
import { keyOf, rememberCaller } from './caller.ts';
import { addressOf, isForeignName, isLocalCaller, isThisMachine, presentedKey } from './connection.ts';
import type { KeyMeters } from './key-meter.ts';
import { routeOf } from './route-of.ts';

/**
 * What a router asks of its callers: `nothing` (probes), `page` (files without data), `metrics`, `read` and `write`
 * (a key with that scope), `admin` (this machine; the router asks for its token), `all` (a key for everything).
 */
export type Need = 'nothing' | 'page' | 'metrics' | 'read' | 'write' | 'admin' | 'all';

/** The keys as far as they are known. */
export interface KeyLookup {
  /** `unread` until the store has been read once; `none` only if there never was a key. */
  readonly state: 'unread' | 'none' | 'some';
  find(id: string): ApiKey | undefined;
}

/** One request that came with a key, or that was not let in. */
export interface KeyUse {
  /** Empty where nobody was recognised. */
  readonly keyId: string;
  readonly route: string;
  readonly status: number;
  /** Empty for one that was let in. */
  readonly refusal: Refusal | 'limit' | '';
  readonly address: string;
}

export interface AccessOptions {
  readonly keys: KeyLookup;
  readonly meters: KeyMeters;
  /** Address that is listened on. */
  readonly host: string;
  /** Lets other machines in while there is no key. */
  readonly allowRemote: boolean;
  readonly record: (use: KeyUse) => void;
}

/** Decides who is let in. */
export interface Access {
  needs(need: Need): RequestHandler;
}

export type Refusal =
  | 'keys unread'
  | 'remote'
  | 'foreign name'
  | 'no key'
  | 'malformed'
  | 'typo'
  | 'unknown'
  | 'revoked'
  | 'scope'
  | 'project';

/** What is seen of a request. */
export interface Seen {
  /** On this machine, not through a proxy, and asked for by a name of this machine. */
  readonly isLocal: boolean;
  readonly isThisMachine: boolean;
  /** Asked for by a name that is not of this machine, where only this machine is listened to. */
  readonly hasForeignName: boolean;
  /** Text of the key; null if there is none. */
  readonly text: string | null;
}

export type Decision =
  | { readonly kind: 'in'; readonly key: ApiKey | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly keyId: string };

/** Access for what a store knows of keys. */
export function createAccess(options: AccessOptions): Access {
  const { meters, host, record } = options;
  /** A request passes the gate of every router that is mounted where it goes; it counts once. */
  const uses = new WeakMap<Response, Pick<KeyUse, 'keyId' | 'refusal'>>();

  function note(req: Request, res: Response, use: Pick<KeyUse, 'keyId' | 'refusal'>): void {
    const noted = uses.get(res);
    uses.set(res, use);
    if (noted) return;
    const address = addressOf(req);
    const mount = req.baseUrl.toLowerCase();
    // Also when the caller has gone before its answer.
    res.once('close', () => {
      const { keyId, refusal } = uses.get(res) ?? use;
      const route = `${req.method} ${refusal === '' ? routeOf(req) : `${mount}/…`}`;
      record({ keyId, route, status: res.writableFinished ? res.statusCode : CLIENT_GONE, refusal, address });
    });
  }

  return {
    needs: (need) => async (req, res, next) => {
      const decision = decide(need, options, {
        isLocal: isLocalCaller(req),
        isThisMachine: isThisMachine(req),
        hasForeignName: isForeignName(req, host),
        text: presentedKey(req),
      });
      if (decision.kind === 'refused') {
        note(req, res, decision);
        throw refused(decision.refusal, need);
      }
      const { key } = decision;
      if (key && keyOf(res) === null) {
        const meter = meters.meterOf(key);
        note(req, res, { keyId: key.id, refusal: 'limit' });
        await meter.addRequest();
        note(req, res, { keyId: key.id, refusal: '' });
        rememberCaller(res, { key, meter });
      }
      next();
    },
  };
}

/** Who is let in where, and if not, why. Pure but for the comparison with the stored hash. */
export function decide(
  need: Need,
  { keys, allowRemote }: Pick<AccessOptions, 'keys' | 'allowRemote'>,
  seen: Seen,
): Decision {
  if (need === 'nothing') return { kind: 'in', key: null };
  if (need === 'admin') return seen.isThisMachine ? { kind: 'in', key: null } : refuse('remote');
  if (keys.state === 'unread') return refuse('keys unread');
  if (keys.state === 'none') return withoutKeys(allowRemote, seen);
  if (need === 'page') return { kind: 'in', key: null };
  if (need === 'metrics' && seen.isLocal && seen.text === null) return { kind: 'in', key: null };
  return withKey(need, keys, seen.text);
}

/** Nobody can have a key: being on the machine is what counts, unless the operator has put something in front. */
function withoutKeys(allowRemote: boolean, { isLocal, isThisMachine, hasForeignName }: Seen): Decision {
  if (isLocal) return { kind: 'in', key: null };
  if (hasForeignName) return refuse('foreign name');
  if (allowRemote) return { kind: 'in', key: null };
  return refuse(isThisMachine ? 'foreign name' : 'remote');
}

function withKey(need: Need, keys: KeyLookup, text: string | null): Decision {
  if (text === null) return refuse('no key');
  const parsed = parseKeyText(text);
  if (!parsed.ok) return refuse(parsed.reason === 'form' ? 'malformed' : 'typo');
  const key = keys.find(parsed.id);
  // An unknown id and a wrong secret take one path: the answer says nothing of which ids there are.
  if (!isSecretOf(parsed.secret, key) || key === undefined) return refuse('unknown');
  if (key.revokedAt !== null) return refuse('revoked', key.id);
  const scopes =
    need === 'all' ? (['read', 'write'] as const) : ([need === 'write' ? 'write' : 'read'] as const);
  if (!scopes.every((scope) => key.scopes.includes(scope))) return refuse('scope', key.id);
  // Figures of the process are of all projects.
  if ((need === 'metrics' || need === 'all') && key.project !== ALL_PROJECTS)
    return refuse('project', key.id);
  return { kind: 'in', key };
}

function refuse(refusal: Refusal, keyId = ''): Decision {
  return { kind: 'refused', refusal, keyId };
}

/** The status that proxies log for a caller who did not wait. */
const CLIENT_GONE = 499;
const MAKE_ONE = 'make a key where Plumbline runs (plumbline keys create --help)';
const SEND_IT = 'send it as Authorization: Bearer <key>, or as x-api-key';

const ANSWERS: Readonly<
  Record<Exclude<Refusal, 'scope'>, readonly [code: AppError['code'], message: string]>
> = {
  'keys unread': ['upstream_unavailable', 'the keys have not been read from the store yet; try again'],
  remote: [
    'forbidden',
    `while there is no key, only this machine may connect, and not through a proxy: ${MAKE_ONE} and ${SEND_IT}`,
  ],
  'foreign name': [
    'forbidden',
    `while there is no key, only localhost and 127.0.0.1 are served here, and not through a proxy: use that name, or ${MAKE_ONE} and ${SEND_IT}`,
  ],
  'no key': ['unauthorized', `a key is needed: ${SEND_IT}`],
  malformed: ['unauthorized', 'this is no key of Plumbline: expected plb_…, all of it as it was shown'],
  typo: ['unauthorized', 'this key has a typo, or a piece of it is missing: expected it as it was shown'],
  unknown: ['unauthorized', `this key is not known here: ${MAKE_ONE}`],
  revoked: ['unauthorized', `this key was revoked: ${MAKE_ONE}`],
  project: ['forbidden', "this key is for one project; this needs one for all (--project '*')"],
};

function refused(refusal: Refusal, need: Need): AppError {
  if (refusal !== 'scope') return new AppError(...ANSWERS[refusal]);
  const scopes = need === 'all' ? ['write', 'read'] : [need === 'write' ? 'write' : 'read'];
  const options = scopes.map((scope) => `--scope ${scope}`).join(' ');
  return new AppError(
    'forbidden',
    `this key may not ${scopes.join(' and ')}: use one that may (plumbline keys create ${options})`,
  );
}
