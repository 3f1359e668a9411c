import type { Clock } from '../../core/clock.ts';
import type { Config } from '../../core/config.ts';
import type { Logger } from '../../core/log.ts';
import type { Role } from '../../core/roles.ts';
import type { Store } from '../../sql/client.ts';
import type { Alerts } from '../alerting/alerts-in-force.ts';
import type { IncidentChange } from '../alerting/turn.ts';
import type { BaselineSource } from '../analysis.ts';
import type { Part } from '../part.ts';
import { openAlerterPart } from './alerter-part.ts';
import { openAnalyzerPart } from './analyzer-part.ts';
import { openEmbedderPart } from './embedder-part.ts';
import { openIngestPart } from './ingest-part.ts';
import type { Log } from './open-log.ts';
import { openWriterPart } from './writer-part.ts';

export interface LogPartsOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly baselineFor: BaselineSource;
  readonly onChange: (change: IncidentChange) => void;
  readonly alerts: () => Alerts;
}

/** The parts of this process's roles, in the order of the data's way; they are stopped in that order too. */
export async function openLogParts(store: Store, log: Log, options: LogPartsOptions): Promise<Part[]> {
  const open: Readonly<Record<Role, () => Promise<Part> | Part>> = {
    ingest: () => openIngestPart(options.config, log, options.logger),
    writer: () => openWriterPart(store, log, options),
    embedder: () => openEmbedderPart(store, log, options),
    analyzer: () => openAnalyzerPart(store, log, options),
    alerter: () => openAlerterPart(store, log, options),
  };
  const parts: Part[] = [];
  for (const role of options.config.ROLES) parts.push(await open[role]());
  return parts;
}
