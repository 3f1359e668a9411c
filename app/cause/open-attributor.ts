import { explainInThread } from '../../analyzers/cause/explain-thread.ts';
import type { Logger } from '../../core/log.ts';
import type { Store } from '../../sql/client.ts';
import { readCauses, writeCause } from '../../sql/queries/causes.ts';
import { type Attributor, createAttributor } from './attributor.ts';
import { explainIncident } from './explain-incident.ts';

/** One that reads and writes a store, and thinks in a thread of its own. */
export function openAttributor(
  store: Store,
  { now, log }: { readonly now: () => Date; readonly log: Logger },
): Attributor {
  return createAttributor({
    explain: (incident, { stage, signal }) =>
      explainIncident(store, incident, {
        ...{ now: now(), stage, signal },
        explain: (input) => explainInThread(input, signal),
      }),
    write: (cause) => writeCause(store, cause),
    read: (incidentIds) => readCauses(store, { project: '', incidentIds }),
    now,
    log,
  });
}
