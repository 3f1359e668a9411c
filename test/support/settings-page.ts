import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parseConfig } from '../../core/config.ts';
import { packageRoot } from '../../core/package-root.ts';

export interface Setting {
  readonly name: string;
  /** As it would be written in the environment; empty: none. */
  readonly fallback: string;
  readonly accepts: string;
  /** The comment above it in the schema. */
  readonly reason: string;
}

/** Reasons of settings whose line in the schema says it all to a reader of the code. */
const REASONS: Readonly<Record<string, string>> = {
  PORT: 'Port for HTTP: records, the page, health and metrics.',
  LOG_LEVEL: 'Least severe lines of the log that are written.',
  CLICKHOUSE_DATABASE: 'Database on the server; Grafana’s grants name it too.',
  CLICKHOUSE_USER: 'User of the server, who may make tables.',
  CLICKHOUSE_PASSWORD: 'Of that user; printed nowhere.',
  RETENTION_ROLLUP_MINUTE_DAYS: 'As long as the inferences that they are made from.',
  RETENTION_FINDINGS_DAYS: 'A year of findings and incidents, and a month to look back from.',
  QUEUE_BYTES_MAX: 'The same bound in bytes, for long records.',
  COMMIT_BYTES_MAX: 'The same bound in bytes, for long records.',
  EMBEDDINGS: '`off` saves the CPU; relevance and drift of meaning are then not watched.',
  EMBEDDINGS_DEVICE: '`auto` takes CUDA where it is installed; `cuda` insists on it (gpu.md).',
  SEGMENT_VALUES_MAX: 'Values of each attribute that become segments.',
  KAFKA_CLIENT_ID: 'How the brokers’ logs and quotas name us.',
  KAFKA_TLS: 'Whether the brokers are spoken to by TLS.',
  KAFKA_TLS_CERT: 'Our certificate, for brokers that ask for one.',
  KAFKA_TLS_KEY: 'The key of our certificate.',
  KAFKA_SASL_MECHANISM: 'How we say who we are, where the brokers ask for a name.',
  KAFKA_SASL_USERNAME: 'The name, with a mechanism.',
  KAFKA_SASL_PASSWORD: 'Of that name; printed nowhere.',
};

/** All settings, in the order of the schema. @throws Error for one that nobody has given a reason */
export function settings(): Setting[] {
  const folder = join(packageRoot, 'core');
  const texts = readdirSync(folder)
    .filter((name) => /^(config|.*-config)\.ts$/.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  const found = new Map(texts.flatMap(properties).map((property) => [property.name, property]));
  return [...found].map(([name, property]) => {
    const reason = property.reason || REASONS[name];
    if (!reason)
      throw new Error(`${name} has no reason: write it as a comment above its line in core/*config.ts`);
    return { name, fallback: fallbackOf(property), accepts: acceptsOf(property.text), reason };
  });
}

/** Names that are settings in the running schema, from its own defaults: what the reading of the source must cover. */
export const settingsWithDefault = (): string[] => Object.keys(parseConfig({}));

interface Property {
  readonly name: string;
  readonly text: string;
  readonly reason: string;
  readonly isOptional: boolean;
}

function properties(text: string): Property[] {
  const file = ts.createSourceFile('config.ts', text, ts.ScriptTarget.ES2023, true);
  const found: Property[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && /^[A-Z][A-Z0-9_]+$/.test(node.name.getText())) {
      const initializer = node.initializer.getText();
      found.push({
        name: node.name.getText(),
        text: initializer,
        reason: commentOf(text, node),
        isOptional: /\.optional\(\)$/.test(initializer),
      });
    } else ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function commentOf(text: string, node: ts.Node): string {
  const ranges = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? [];
  const last = ranges.at(-1);
  if (!last) return '';
  return text
    .slice(last.pos, last.end)
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\*/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function fallbackOf({ name, text, isOptional }: Property): string {
  if (isOptional) return '';
  const value: unknown = Object.entries(parseConfig({})).find(([key]) => key === name)?.[1];
  if (text.startsWith('Bytes'))
    return inUnits(Number(value), [
      ['GiB', 2 ** 30],
      ['MiB', 2 ** 20],
      ['KiB', 2 ** 10],
    ]);
  if (text.startsWith('Duration'))
    return inUnits(Number(value), [
      ['d', 864e5],
      ['h', 36e5],
      ['m', 6e4],
      ['s', 1e3],
      ['ms', 1],
    ]);
  if (text.startsWith('WindowText')) return inUnits(Number((value as { ms: number }).ms), [['m', 6e4]]);
  if (Array.isArray(value)) return value.join(',');
  return typeof value === 'object' ? '' : String(value);
}

function inUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const unit = units.find(([, size]) => value >= size && value % size === 0);
  return unit ? `${value / unit[1]}${unit[0]}` : String(value);
}

function acceptsOf(text: string): string {
  const options = /z\s*\.enum\(\[([^\]]*)\]/.exec(text)?.[1];
  if (options) return options.replace(/'/g, '`');
  if (text.startsWith('Bytes')) return 'bytes, such as `64MiB`';
  if (text.startsWith('Duration')) return 'a duration, such as `5m`';
  if (text.startsWith('WindowText')) return 'a window, such as `5m` or `25rows`';
  if (text.startsWith('Count') || text.includes('coerce.number')) return 'a number';
  return 'text';
}

/** docs/settings.md as it should be. */
export function settingsPage(): string {
  const rows = settings().map(
    ({ name, fallback, accepts, reason }) =>
      `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${accepts} | ${reason.replace(/\|/g, '\\|')} |`,
  );
  return `# Settings

Settings are environment variables; an empty one counts as not set. \`plumbline doctor\` prints them as they are in force, and
says how to mend those that cannot be used. This page is made from the schema in \`core/\` by
\`npx vitest run test/settings.test.ts -u\`; a reason is the comment above its setting there.

| name | default | takes | what for, and why this default |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}
