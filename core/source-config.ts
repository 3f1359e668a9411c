import { z } from 'zod';
import { Bytes, Count, Duration } from './config-values.ts';
import { Secret } from './secret.ts';

/** Settings of the source that Grafana reads from when the store is embedded. */
export const SOURCE_SETTINGS = {
  /** Port on which Grafana reads the embedded store by ClickHouse's HTTP protocol; not set, none is opened. */
  SOURCE_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  /** Loopback: a Grafana on this machine. On other addresses it needs SOURCE_PASSWORD. */
  SOURCE_HOST: z.string().default('127.0.0.1'),
  /** As ClickHouse's own, so that a data source without a name works. */
  SOURCE_USER: z.string().min(1).default('default'),
  /** Of that user. Without one, only this machine is let in; printed nowhere. */
  SOURCE_PASSWORD: z
    .string()
    .default('')
    .transform((value) => new Secret(value)),
  /** Of a query: a panel that takes longer is one that nobody waits for. */
  SOURCE_QUERY_TIME_MAX: Duration.refine((ms) => ms >= 1_000, 'expected at least 1s').default(30_000),
  /** Queries at once: the engine has four threads of the process to itself, and an insert must find one free. */
  SOURCE_QUERIES_MAX: Count.default(2),
  /** Queries that wait for their turn: some dashboards that are opened at once. */
  SOURCE_QUEUE_MAX: Count.default(100),
  /** Of a query, beside what ingest needs. */
  SOURCE_MEMORY_BYTES_MAX: Bytes.refine((bytes) => bytes > 0, 'expected more than 0').default(2 ** 30),
  /** Of an answer: more points than a panel has pixels. */
  SOURCE_RESULT_ROWS_MAX: Count.default(200_000),
  /** Of an answer, which is held in memory once whole. */
  SOURCE_RESULT_BYTES_MAX: Bytes.refine((bytes) => bytes > 0, 'expected more than 0').default(64 * 2 ** 20),
} as const;

/** What the settings say against each other. */
export function sourceFaults(settings: {
  readonly SOURCE_PORT?: number | undefined;
  readonly SOURCE_HOST: string;
  readonly SOURCE_PASSWORD: Secret;
  readonly CLICKHOUSE_URL?: string | undefined;
}): { readonly path: string; readonly message: string }[] {
  const { SOURCE_PORT, SOURCE_HOST, SOURCE_PASSWORD, CLICKHOUSE_URL } = settings;
  if (SOURCE_PORT === undefined) return [];
  if (CLICKHOUSE_URL !== undefined)
    return [
      {
        path: 'SOURCE_PORT',
        message: 'expected none with CLICKHOUSE_URL: Grafana reads from that server itself (docs/deploy.md)',
      },
    ];
  if (/^(localhost|127(\.\d{1,3}){3}|::1)$/.test(SOURCE_HOST) || SOURCE_PASSWORD.reveal() !== '') return [];
  return [
    {
      path: 'SOURCE_PASSWORD',
      message: `expected one, since SOURCE_HOST=${SOURCE_HOST} lets other machines connect`,
    },
  ];
}
