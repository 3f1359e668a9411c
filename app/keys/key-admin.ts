import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ApiKey, KEY_SCOPES, newKeyText, secretSha256 } from '../../core/api-key.ts';
import { AppError } from '../../core/errors.ts';
import type { Store } from '../../sql/client.ts';
import { lastKeyUses, writeKeyUses } from '../../sql/queries/key-uses.ts';
import { KEYS_MAX, readKeys, writeKey } from '../../sql/queries/keys.ts';

const Limit = z
  .number()
  .int()
  .positive()
  .max(2 ** 32 - 1)
  .nullable();
const Line = (lettersMax: number) =>
  z
    .string()
    .max(lettersMax)
    .regex(/^\P{C}*$/u, 'expected letters that can be printed on one line');

/** What a key is to be; as JSON, since it goes to a running server too. */
export const NewKey = z.strictObject({
  name: Line(100).default(''),
  /** As records name it, or `*` for all. */
  project: Line(200).min(1).default('default'),
  scopes: z.array(z.enum(KEY_SCOPES)).min(1, `expected ${KEY_SCOPES.join(' or ')}, or both`),
  requests_per_second: Limit.default(null),
  bytes_per_second: Limit.default(null),
  body_bytes_max: Limit.default(null),
});

/** A key as it is listed: everything but its secret. */
export const ListedKey = z.object({
  id: z.string(),
  name: z.string(),
  project: z.string(),
  scopes: z.array(z.enum(KEY_SCOPES)),
  created_at: z.string(),
  revoked_at: z.string().nullable(),
  /** When it last let somebody in; behind by the time between two writes of the audit log. */
  last_used_at: z.string().nullable(),
  requests_per_second: z.number().nullable(),
  bytes_per_second: z.number().nullable(),
  body_bytes_max: z.number().nullable(),
});

/** `text` is the key itself, and is told once. */
export const CreatedKey = z.object({ text: z.string(), key: ListedKey });

export type NewKey = z.input<typeof NewKey>;
export type ListedKey = z.infer<typeof ListedKey>;
export type CreatedKey = z.infer<typeof CreatedKey>;

/** What `plumbline keys` does, on the store or by way of the server that has it open. */
export interface KeyAdmin {
  /** Every key, oldest first. */
  list(): Promise<ListedKey[]>;
  /** @throws AppError `invalid_input` for what no key can be */
  create(wanted: NewKey): Promise<CreatedKey>;
  /** The key as revoked; one that was revoked before stays as it was. @throws AppError `not_found` */
  revoke(id: string): Promise<ListedKey>;
}

/**
 * Keys in a store. Each change is in the audit log before it takes place.
 *
 * @param from where the change is made: an address, or the name of this machine
 */
export function storeKeyAdmin(store: Store, from: string): KeyAdmin {
  const audit = async (action: string, keyId: string, at: Date): Promise<void> =>
    writeKeyUses(store, [
      {
        minute: new Date(Math.floor(at.getTime() / 60_000) * 60_000),
        keyId,
        route: `plumbline keys ${action}`,
        status: '2xx',
        refusal: '',
        address: from,
        process: randomUUID(),
        uses: 1,
        lastAt: at,
      },
    ]);

  return {
    async list() {
      const [keys, uses] = await Promise.all([readKeys(store), lastKeyUses(store)]);
      return keys.map((key) => toListed(key, uses.get(key.id)));
    },
    async create(wanted) {
      const fields = parseNewKey(wanted);
      if ((await readKeys(store)).length >= KEYS_MAX)
        throw new AppError('invalid_input', `there are ${KEYS_MAX} keys, and no more can be made`);
      const { id, secret, text } = newKeyText();
      const key: ApiKey = {
        id,
        secretSha256: secretSha256(secret),
        project: fields.project,
        scopes: KEY_SCOPES.filter((scope) => fields.scopes.includes(scope)),
        name: fields.name,
        createdAt: new Date(),
        revokedAt: null,
        limits: {
          requestsPerSecond: fields.requests_per_second,
          bytesPerSecond: fields.bytes_per_second,
          bodyBytesMax: fields.body_bytes_max,
        },
      };
      await audit('create', id, key.createdAt);
      await writeKey(store, key);
      return { text, key: toListed(key, undefined) };
    },
    async revoke(id) {
      const [keys, uses] = await Promise.all([readKeys(store), lastKeyUses(store)]);
      const key = keys.find((one) => one.id === id);
      if (!key) throw new AppError('not_found', `no key has the id ${id}: plumbline keys list shows them`);
      const revoked = { ...key, revokedAt: key.revokedAt ?? new Date() };
      if (key.revokedAt === null) {
        await audit('revoke', id, revoked.revokedAt);
        await writeKey(store, revoked);
      }
      return toListed(revoked, uses.get(id));
    },
  };
}

function parseNewKey(wanted: NewKey): z.output<typeof NewKey> {
  const parsed = NewKey.safeParse(wanted);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new AppError('invalid_input', `no key can be like this: ${faults.join('; ')}`);
}

function toListed(key: ApiKey, lastUsedAt: Date | undefined): ListedKey {
  return {
    id: key.id,
    name: key.name,
    project: key.project,
    scopes: [...key.scopes],
    created_at: key.createdAt.toISOString(),
    revoked_at: key.revokedAt?.toISOString() ?? null,
    last_used_at: lastUsedAt?.toISOString() ?? null,
    requests_per_second: key.limits.requestsPerSecond,
    bytes_per_second: key.limits.bytesPerSecond,
    body_bytes_max: key.limits.bodyBytesMax,
  };
}
