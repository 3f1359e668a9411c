import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import { signatureOf } from '../keys/admin-file.ts';
import type { KeyAdmin, NewKey } from '../keys/key-admin.ts';
import { addressOf, presentedKey } from './connection.ts';

export interface AdminOptions {
  /** Of this run; whoever may read the data folder has it. */
  readonly token: string;
  /** @param from address of the caller, for the audit log */
  readonly admin: (from: string) => KeyAdmin;
  /** Called after each change of a key. */
  readonly onChange: () => Promise<void>;
  /** Routes of the commands that need the store that this server has open. */
  readonly commands: readonly Router[];
}

const Challenge = z.object({ challenge: z.string().regex(/^[0-9a-f]{32}$/) });

/** GET /signature : that this is the server that has the token. GET and POST /keys, POST /keys/:id/revoke : what `plumbline keys` asks of a server that has the store open; and the routes of other commands. */
export function adminRoutes({ token, admin, onChange, commands }: AdminOptions): Router {
  const router = Router();
  router.get('/signature', (req, res) => {
    const { challenge } = Challenge.parse(req.query);
    res.json({ signature: signatureOf(challenge, token) });
  });
  router.use(withToken(token), express.json({ limit: '16kb' }));
  router.get('/keys', async (req, res) => {
    res.json(await admin(addressOf(req)).list());
  });
  router.post('/keys', async (req, res) => {
    const created = await admin(addressOf(req)).create(req.body as NewKey);
    await onChange();
    res.json(created);
  });
  router.post('/keys/:id/revoke', async (req, res) => {
    const revoked = await admin(addressOf(req)).revoke(req.params.id);
    await onChange();
    res.json(revoked);
  });
  for (const command of commands) router.use(command);
  return router;
}

function withToken(token: string): RequestHandler {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return (req, _res, next) => {
    if (!timingSafeEqual(digest(presentedKey(req) ?? ''), expected)) {
      throw new AppError(
        'unauthorized',
        'this is for the commands of `plumbline` on this machine, which read its token beside the data',
      );
    }
    next();
  };
}
