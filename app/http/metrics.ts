import { Router } from 'express';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LoopHealth } from '../loop.ts';

/** What the ingest routes count. */
export interface IngestMetrics {
  readonly records: Counter<'kind' | 'outcome'>;
  readonly bodyBytes: Counter;
  readonly clientDropped: Counter<'reason'>;
}

export interface Metrics extends IngestMetrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
}

/** Figures that are read when they are asked for: by name without prefix, their help and where they are. */
export type GaugeReaders = Readonly<Record<string, readonly [help: string, read: () => number]>>;

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Figures of this process in a registry of their own, with Node's. Ours begin with `plumbline_`. */
export function createMetrics(gauges: GaugeReaders): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  for (const [name, [help, read]] of Object.entries(gauges)) {
    new Gauge({
      name: `plumbline_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  }
  return {
    registry,
    records: new Counter({
      name: 'plumbline_records_total',
      help: 'Records received, by kind and by what became of them.',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    bodyBytes: new Counter({
      name: 'plumbline_body_bytes_total',
      help: 'Bytes of bodies after decompression.',
      registers,
    }),
    clientDropped: new Counter({
      name: 'plumbline_client_dropped_total',
      help: 'Records that SDKs say they dropped before sending, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    requests: new Histogram({
      name: 'plumbline_http_request_seconds',
      help: 'Time to answer, by route and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS,
      registers,
    }),
  };
}

/** Health of each loop beside the figures: age of its last success, duration and failure of its last turn. */
export function addLoopMetrics(
  { registry }: Pick<Metrics, 'registry'>,
  read: () => readonly LoopHealth[],
): void {
  const add = (name: string, help: string, of: (loop: LoopHealth) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['loop'],
      registers: [registry],
      collect() {
        for (const loop of read()) this.set({ loop: loop.name }, of(loop));
      },
    });
  };
  const lastSuccess = ({ lastSuccessAt }: LoopHealth): number => (lastSuccessAt?.getTime() ?? 0) / 1000;
  add(
    'plumbline_loop_last_success_timestamp_seconds',
    'End of the last turn that succeeded, or 0.',
    lastSuccess,
  );
  add('plumbline_loop_turn_seconds', 'Duration of the last turn.', (loop) => loop.lastDurationMs / 1000);
  add('plumbline_loop_failing', '1 if the last turn failed.', (loop) => (loop.lastError === null ? 0 : 1));
}

/** GET / where it is mounted, in the format of Prometheus. */
export function metricsRoute({ registry }: Pick<Metrics, 'registry'>): Router {
  return Router().get('/', async (_req, res) => {
    res.set('Content-Type', registry.contentType).send(await registry.metrics());
  });
}

/** What this process counts and measures, one number each: sums over labels, histograms left out. */
export async function figuresOf({
  registry,
}: Pick<Metrics, 'registry'>): Promise<{ name: string; help: string; value: number }[]> {
  const found = await registry.getMetricsAsJSON();
  return found
    .filter(
      ({ name, type }) => name.startsWith(PREFIX) && !name.startsWith(`${PREFIX}loop_`) && isPlain(type),
    )
    .map(({ name, help, values }) => ({
      name: name.slice(PREFIX.length),
      help,
      value: values.reduce((sum, { value }) => sum + Number(value), 0),
    }));
}

const PREFIX = 'plumbline_';
/** Types come as names here, whatever their declaration says. */
const isPlain = (type: unknown): boolean => ['gauge', 'counter'].includes(String(type));
