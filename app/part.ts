import type { Check } from './http/health.ts';
import type { GaugeReaders } from './http/metrics.ts';
import type { IngestPath } from './ingest-path.ts';
import type { LoopHealth } from './loop.ts';

/** What a process does of the whole: its own threads, loops and connections. Started when it is made. */
export interface Part {
  readonly loops: () => readonly LoopHealth[];
  readonly gauges: GaugeReaders;
  /** What must work for the process to be ready. */
  readonly checks: () => Readonly<Record<string, Check>>;
  /** What an operator should know although it is ready. */
  readonly warnings: () => readonly string[];
  /** Where records go in, if they do here. */
  readonly intake?: IngestPath;
  /** Processes every window that has closed by now, without waiting for the loop. */
  readonly analyzeNow?: () => Promise<void>;
  /** Takes no more, ends what is under way. */
  stop(): Promise<void>;
}
