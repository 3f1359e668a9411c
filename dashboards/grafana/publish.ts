import { createHash } from 'node:crypto';
import { AppError } from '../../core/errors.ts';
import { FOLDER, type Json } from './ids.ts';
import type { GrafanaServer, StoredDashboard } from './server.ts';

/** What a push would do to one dashboard, and why. */
export interface Change {
  readonly uid: string;
  readonly title: string;
  readonly dashboard: Json;
  /**
   * `missing`: it is not there. `same`: it is as it would be. `outdated`: we saved it last, from something else.
   * `edited`: somebody else saved it last. `provisioned`: a file on the server holds it.
   */
  readonly state: 'missing' | 'same' | 'outdated' | 'edited' | 'provisioned';
  /** Places that differ, such as `panels[3].title`; empty unless it is there and differs. */
  readonly places: readonly string[];
  readonly stored: StoredDashboard | null;
}

/** What Grafana keeps of a save by us: what saved it, and the content's hash. */
const MESSAGE = /^plumbline \S+ ([0-9a-f]{16})$/;

const hashOf = (dashboard: Json): string =>
  createHash('sha256').update(JSON.stringify(dashboard)).digest('hex').slice(0, 16);

/** What would change on the server, of each dashboard in order; changes nothing. */
export async function planPush(server: GrafanaServer, dashboards: readonly Json[]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const dashboard of dashboards) {
    const uid = String(dashboard['uid']);
    const stored = await server.dashboard(uid);
    changes.push({
      uid,
      title: String(dashboard['title']),
      dashboard,
      stored,
      ...compare(dashboard, stored),
    });
  }
  return changes;
}

/**
 * The hash of the last save decides, where it is ours: a newer Grafana gives back more than it was given. Where it is not,
 * the content itself is compared, since a save may also have restored what we would write.
 */
function compare(dashboard: Json, stored: StoredDashboard | null): Pick<Change, 'state' | 'places'> {
  if (stored === null) return { state: 'missing', places: [] };
  const saved = MESSAGE.exec(stored.message);
  const isInFolder = stored.folderUid === FOLDER.uid;
  if (saved?.[1] === hashOf(dashboard) && isInFolder) return { state: 'same', places: [] };
  const places = [...(isInFolder ? [] : ['folder']), ...differences(dashboard, stored.dashboard)];
  if (places.length === 0) return { state: 'same', places };
  if (stored.isProvisioned) return { state: 'provisioned', places };
  return { state: saved ? 'outdated' : 'edited', places };
}

/** Of the server alone: not what a dashboard is. */
const OF_SERVER = new Set(['id', 'version']);

/** Places where two JSON values differ, in order; keys that only the server has are its own defaults, but for list entries. */
function differences(wanted: unknown, found: unknown, path = ''): string[] {
  if (Array.isArray(wanted) && Array.isArray(found)) {
    const length = Math.max(wanted.length, found.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      differences(wanted[index], found[index], `${path}[${index}]`),
    );
  }
  if (isObject(wanted) && isObject(found)) {
    return Object.keys(wanted)
      .filter((key) => path !== '' || !OF_SERVER.has(key))
      .flatMap((key) => differences(wanted[key], found[key], path === '' ? key : `${path}.${key}`));
  }
  return wanted === found ? [] : [path];
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Publishes what is missing or outdated; what is the same is left alone. Gives what was done, in order.
 *
 * @param force also what somebody else saved last
 * @throws AppError `invalid_input`, before anything is changed, where somebody else saved one last or a file holds it
 */
export async function push(
  server: GrafanaServer,
  dashboards: readonly Json[],
  { by, force }: { by: string; force: boolean },
): Promise<Change[]> {
  const changes = await planPush(server, dashboards);
  refuse(changes, force);
  const due = changes.filter(({ state }) => state !== 'same');
  if (due.length > 0) await server.ensureFolder(FOLDER);
  for (const { dashboard, stored } of due) {
    await server.save({
      // The version that was looked at: if another was saved since, the server says so.
      dashboard: { ...dashboard, version: stored?.version ?? 0 },
      folderUid: FOLDER.uid,
      message: `${by} ${hashOf(dashboard)}`,
      isOverwriting: force,
    });
  }
  return changes;
}

function refuse(changes: readonly Change[], force: boolean): void {
  const held = changes.filter(({ state }) => state === 'provisioned');
  if (held.length > 0)
    throw new AppError(
      'invalid_input',
      `a file on the server holds ${namesOf(held)}: bring them up to date with plumbline dashboards export, or take the file away`,
    );
  const edited = changes.filter(({ state }) => state === 'edited');
  if (edited.length === 0 || force) return;
  const [first] = edited;
  throw new AppError(
    'invalid_input',
    `somebody else saved ${namesOf(edited)} (${first?.stored?.savedBy} at ${first?.stored?.savedAt}): plumbline dashboards diff shows what differs, --force replaces it`,
  );
}

const namesOf = (changes: readonly Change[]): string => changes.map(({ uid }) => uid).join(', ');
