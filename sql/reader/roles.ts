import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Who asks for others: a session takes this role and has its rights, which are to read these tables. */
export const READER_ROLE = 'plumbline_reader';

/** Not among them: keys and who used them, texts that wait for their span, and what analyzers remember. */
const READABLE_TABLES = [
  'inferences',
  'scores',
  'embeddings',
  'rollup_minute',
  'rollup_hour',
  'touched_minutes',
  'findings',
  'incidents',
  'deliveries',
  'silences',
  'acknowledgements',
  'migrations',
] as const;

/** Everything, for the process itself. */
const OWNER_ROLE = 'plumbline_owner';

/**
 * Runs the work with the name of a configuration file of the engine in which the role of the reader exists. The engine
 * reads it when its first connection opens; the files are gone afterwards.
 */
export function withReaderRole<T>(work: (configFile: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-roles-'));
  try {
    const users = join(folder, 'users.xml');
    writeFileSync(users, USERS);
    const config = join(folder, 'config.xml');
    writeFileSync(config, `<clickhouse><users_config>${escaped(users)}</users_config></clickhouse>`);
    return work(config);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const GRANTS = READABLE_TABLES.map((table) => `<query>GRANT SELECT ON default.${table}</query>`).join('');

/** As the engine's own users without a file, but that the rights come by roles. */
const USERS = `<clickhouse>
  <roles>
    <${OWNER_ROLE}><grants><query>GRANT ALL ON *.* WITH GRANT OPTION</query></grants></${OWNER_ROLE}>
    <${READER_ROLE}><grants>${GRANTS}</grants></${READER_ROLE}>
  </roles>
  <users>
    <default>
      <password></password>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT ${OWNER_ROLE}</query><query>GRANT ${READER_ROLE}</query></grants>
    </default>
  </users>
  <profiles><default></default></profiles>
  <quotas><default></default></quotas>
</clickhouse>`;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
