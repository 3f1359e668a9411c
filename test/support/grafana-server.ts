import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

interface Kept {
  dashboard: Json;
  folderUid: string;
  provisioned: boolean;
  versions: { version: number; message: string; createdBy: string; created: string }[];
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What a person does in the browser, and what tests look at. */
export interface GrafanaStandIn {
  readonly url: string;
  readonly tokens: { readonly editor: string; readonly viewer: string };
  /** Method and path of every request so far. */
  readonly requests: string[];
  /** Bodies of the saves that were taken. */
  readonly saves: Json[];
  /** Saves as somebody else, from the browser. */
  edit(uid: string, change: (dashboard: Json) => void): void;
  provision(dashboard: Json): void;
  stored(uid: string): { readonly dashboard: Json; readonly folderUid: string } | undefined;
  /** Run once before the next save is looked at: what somebody does in between. */
  beforeSave(work: () => void): void;
  /** `array`: as Grafana up to 11 lists versions. */
  versionsAs(form: 'array' | 'object'): void;
  stop(): Promise<void>;
}

const TOKENS = { editor: 'glsa_editor', viewer: 'glsa_viewer' };
const UID_LENGTH_MAX = 40;

/** Folders, dashboards and versions of Grafana's HTTP API, by its documentation: statuses, bodies and conflicts. */
export async function startGrafana(): Promise<GrafanaStandIn> {
  const folders = new Map<string, string>();
  const kept = new Map<string, Kept>();
  const requests: string[] = [];
  const saves: Json[] = [];
  let interlude: (() => void) | null = null;
  let form: 'array' | 'object' = 'object';

  const put = (
    uid: string,
    dashboard: Json,
    by: { name: string; message: string; folderUid: string },
  ): Kept => {
    const before = kept.get(uid);
    const version = (before?.versions[0]?.version ?? 0) + 1;
    const entry: Kept = {
      // What Grafana adds by itself.
      dashboard: {
        ...structuredClone(dashboard),
        id: before?.dashboard['id'] ?? kept.size + 1,
        uid,
        version,
      },
      folderUid: by.folderUid,
      provisioned: before?.provisioned ?? false,
      versions: [
        { version, message: by.message, createdBy: by.name, created: new Date(0).toISOString() },
        ...(before?.versions ?? []),
      ],
    };
    kept.set(uid, entry);
    return entry;
  };

  const save = (body: Json): Reply => {
    interlude?.();
    interlude = null;
    const dashboard = body['dashboard'] as Json | undefined;
    const folderUid = String(body['folderUid'] ?? '');
    const refused = saveRefusal({ body, dashboard, folderUid }, { folders, kept });
    if (refused || !dashboard) return refused ?? failure(400, 'bad request data');
    const uid = String(dashboard['uid']);
    const message = String(body['message'] ?? '');
    const { versions, dashboard: stored } = put(uid, dashboard, { name: 'sa-plumbline', message, folderUid });
    saves.push(body);
    const slug = String(dashboard['title']).toLowerCase().replace(/\W+/g, '-');
    return {
      status: 200,
      body: {
        id: stored['id'],
        uid,
        url: `/d/${uid}/${slug}`,
        status: 'success',
        version: versions[0]?.version,
        slug,
      },
    };
  };

  const makeFolder = ({ uid, title }: Json): Reply => {
    if (folders.has(String(uid))) return failure(412, 'a folder with the same uid already exists');
    folders.set(String(uid), String(title));
    return { status: 200, body: { uid, title, version: 1 } };
  };

  const look = (path: string): Reply => {
    const [, folder] = /^\/api\/folders\/([^/]+)$/.exec(path) ?? [];
    if (folder !== undefined)
      return folders.has(folder)
        ? { status: 200, body: { uid: folder, title: folders.get(folder) } }
        : failure(404, 'folder not found');
    const [, uid = '', versions] = /^\/api\/dashboards\/uid\/([^/]+)(\/versions)?$/.exec(path) ?? [];
    const entry = kept.get(uid);
    if (!entry) return failure(404, 'Dashboard not found');
    if (versions)
      return { status: 200, body: form === 'array' ? entry.versions : { versions: entry.versions } };
    return { status: 200, body: { dashboard: entry.dashboard, meta: metaOf(entry) } };
  };

  const answer = (method: string, path: string, body: Json): Reply => {
    if (method === 'GET') return look(path);
    if (path === '/api/folders') return makeFolder(body);
    return path === '/api/dashboards/db' ? save(body) : failure(404, 'Not found');
  };

  const server = createServer(async (req, res) => {
    const { method = 'GET' } = req;
    const path = (req.url ?? '').split('?')[0] ?? '';
    requests.push(`${method} ${path}`);
    const { status, body } = access(req) ?? answer(method, path, await bodyOf(req));
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: TOKENS,
    requests,
    saves,
    edit(uid, change) {
      const entry = kept.get(uid);
      if (!entry) throw new Error(`no dashboard ${uid} to edit`);
      const dashboard = structuredClone(entry.dashboard);
      change(dashboard);
      put(uid, dashboard, { name: 'ann', message: '', folderUid: entry.folderUid });
    },
    provision(dashboard) {
      put(String(dashboard['uid']), dashboard, {
        name: '',
        message: '',
        folderUid: 'files',
      }).provisioned = true;
    },
    stored: (uid) => kept.get(uid),
    beforeSave(work) {
      interlude = work;
    },
    versionsAs(wanted) {
      form = wanted;
    },
    stop: () => close(server),
  };
}

const failure = (status: number, message: string, kind?: string): Reply => ({
  status,
  body: { message, ...(kind === undefined ? {} : { status: kind }) },
});

const metaOf = ({ versions, folderUid, provisioned }: Kept): Json => ({
  type: 'db',
  canSave: true,
  version: versions[0]?.version,
  updatedBy: versions[0]?.createdBy,
  updated: versions[0]?.created,
  folderUid,
  provisioned,
});

function access(req: IncomingMessage): Reply | null {
  const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1];
  if (token !== TOKENS.editor && token !== TOKENS.viewer) return failure(401, 'Invalid API key');
  if (token === TOKENS.viewer && req.method !== 'GET')
    return failure(
      403,
      "You'll need additional permissions to perform this action. Permissions needed: dashboards:write",
    );
  return null;
}

function saveRefusal(
  { body, dashboard, folderUid }: { body: Json; dashboard: Json | undefined; folderUid: string },
  { folders, kept }: { folders: ReadonlyMap<string, string>; kept: ReadonlyMap<string, Kept> },
): Reply | null {
  if (!dashboard?.['title']) return failure(400, 'Dashboard title cannot be empty');
  const uid = String(dashboard['uid']);
  if (uid.length > UID_LENGTH_MAX) return failure(400, 'uid too long, max 40 characters');
  if (folderUid !== '' && !folders.has(folderUid)) return failure(400, 'folder not found');
  const entry = kept.get(uid);
  if (entry?.provisioned) return failure(400, 'Cannot save provisioned dashboard');
  if (body['overwrite'] === true) return null;
  if (entry && entry.versions[0]?.version !== dashboard['version'])
    return failure(412, 'The dashboard has been changed by someone else', 'version-mismatch');
  const hasName = [...kept].some(
    ([other, { dashboard: its, folderUid: where }]) =>
      other !== uid && where === folderUid && its['title'] === dashboard['title'],
  );
  return hasName
    ? failure(412, 'A dashboard with the same name in the folder already exists', 'name-exists')
    : null;
}

async function bodyOf(req: IncomingMessage): Promise<Json> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text === '' ? {} : (JSON.parse(text) as Json);
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
