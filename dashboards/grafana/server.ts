import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Json } from './ids.ts';

/** Where Grafana is, and the token of a service account that may write dashboards. */
export interface GrafanaAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
}

/** A dashboard as the server has it, and who saved it last. */
export interface StoredDashboard {
  readonly dashboard: Json;
  readonly version: number;
  readonly folderUid: string;
  readonly isProvisioned: boolean;
  readonly savedBy: string;
  readonly savedAt: string;
  /** What was said at the last save; empty if nothing. */
  readonly message: string;
}

export interface SaveRequest {
  readonly dashboard: Json;
  readonly folderUid: string;
  readonly message: string;
  /** Whatever has been saved in between. */
  readonly isOverwriting: boolean;
}

/** What publishing asks of Grafana's HTTP API. All methods reject with AppError. */
export interface GrafanaServer {
  readonly url: string;
  /** Null if there is none of that uid. */
  dashboard(uid: string): Promise<StoredDashboard | null>;
  /** Makes the folder unless it is there. */
  ensureFolder(folder: { readonly uid: string; readonly title: string }): Promise<void>;
  /** Gives the new version. @throws AppError `invalid_input` when somebody saved in between, unless it overwrites */
  save(request: SaveRequest): Promise<number>;
}

const TIMEOUT_MS = 30_000;
const Failure = z.object({ message: z.string(), status: z.string().optional() });
const Dashboard = z.object({
  dashboard: z.record(z.string(), z.unknown()),
  meta: z.looseObject({
    version: z.number().default(0),
    folderUid: z.string().default(''),
    provisioned: z.boolean().default(false),
    updatedBy: z.string().default('somebody'),
    updated: z.string().default(''),
  }),
});
const Version = z.looseObject({ message: z.string().default(''), createdBy: z.string().default('') });
/** A list up to Grafana 11, a list within an object from then on. */
const Versions = z.union([z.array(Version), z.object({ versions: z.array(Version) })]);
const Saved = z.object({ version: z.number() });

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Grafana's HTTP API (`/api`, which every version up to 13 has). */
export function grafanaServer(access: GrafanaAccess): GrafanaServer {
  const ask = (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> =>
    request(access, { method, path, body });
  const uidPath = (uid: string): string => `/api/dashboards/uid/${encodeURIComponent(uid)}`;
  return {
    url: access.url,
    async dashboard(uid) {
      const answer = await ask('GET', uidPath(uid));
      if (answer.status === 404) return null;
      const { dashboard, meta } = read(Dashboard, answer, access);
      const last = await ask('GET', `${uidPath(uid)}/versions?limit=1`);
      return {
        dashboard,
        version: meta.version,
        folderUid: meta.folderUid,
        isProvisioned: meta.provisioned,
        savedBy: meta.updatedBy,
        savedAt: meta.updated,
        message: last.status === 404 ? '' : messageOf(read(Versions, last, access)),
      };
    },
    async ensureFolder({ uid, title }) {
      const found = await ask('GET', `/api/folders/${encodeURIComponent(uid)}`);
      if (found.status === 200) return;
      if (found.status !== 404) throw refusal(found, access);
      const made = await ask('POST', '/api/folders', { uid, title });
      // 412: another push made it in between.
      if (made.status !== 200 && made.status !== 412) throw refusal(made, access);
    },
    async save({ dashboard, folderUid, message, isOverwriting }) {
      const body = { dashboard: { ...dashboard, id: null }, folderUid, message, overwrite: isOverwriting };
      return read(Saved, await ask('POST', '/api/dashboards/db', body), access).version;
    },
  };
}

const messageOf = (versions: z.infer<typeof Versions>): string =>
  (Array.isArray(versions) ? versions : versions.versions)[0]?.message ?? '';

async function request(
  { url, token }: GrafanaAccess,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<Answer> {
  try {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The token is for this server: it does not follow to where a sign-in page may be.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    return { status: response.status, body: parsed(text) };
  } catch (cause) {
    throw new AppError(
      'upstream_unavailable',
      `Grafana does not answer at ${url}: ${cause instanceof Error ? cause.message : String(cause)}. Check GRAFANA_URL.`,
      { cause },
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function read<T>(schema: z.ZodType<T>, answer: Answer, access: GrafanaAccess): T {
  if (answer.status !== 200) throw refusal(answer, access);
  const found = schema.safeParse(answer.body);
  if (found.success) return found.data;
  throw new AppError(
    'upstream_unavailable',
    `${access.url} answers, but not as Grafana does. Check that GRAFANA_URL is the address of Grafana itself.`,
  );
}

/** What its refusal means for who asked. */
function refusal({ status, body }: Answer, { url }: GrafanaAccess): AppError {
  const failure = Failure.safeParse(body);
  const { message: said, status: kind } = failure.success ? failure.data : { message: `status ${status}` };
  const mend =
    MENDS.find((one) => one.status === status && (one.kind === undefined || one.kind === kind))?.mend ??
    (/provision/i.test(said) ? HELD_BY_FILE : `Check GRAFANA_URL (${url}).`);
  return new AppError(
    status >= 500 ? 'upstream_unavailable' : 'invalid_input',
    `Grafana refused: ${said}. ${mend}`,
    { status },
  );
}

const HELD_BY_FILE = 'A file on the server holds it: change it there, with plumbline dashboards export.';

const MENDS: readonly { readonly status: number; readonly kind?: string; readonly mend: string }[] = [
  {
    status: 401,
    mend: 'The token is not valid there: make one for a service account, and set GRAFANA_TOKEN.',
  },
  { status: 403, mend: 'The token may not do that: give its service account the role Editor.' },
  {
    status: 412,
    kind: 'version-mismatch',
    mend: 'Somebody saved it just now: run it again to see what changed, or add --force to replace it.',
  },
  {
    status: 412,
    kind: 'name-exists',
    mend: 'Another dashboard in the folder has this title: rename that one.',
  },
];
