import { plural } from '../../../core/format.ts';
import type { StreamStatus } from '../api.ts';

/** How a stream is, in colour and words. */
export function StreamStatusTag({ status, openIncidents }: { status: StreamStatus; openIncidents: number }) {
  return <span class={`status is-${status.state}`}>{statusWords(status, openIncidents)}</span>;
}

/** `2 open incidents`, `plumb`, `learning, 120 more rows needed`, `not enough data, …`. */
export function statusWords({ state, rowsNeeded }: StreamStatus, openIncidents: number): string {
  const needed = rowsNeeded === null ? '' : `, about ${plural(rowsNeeded, 'more row')} needed`;
  switch (state) {
    case 'incident':
      return plural(openIncidents, 'open incident');
    case 'ok':
      return 'ok, as its baseline';
    case 'learning':
      return `learning${needed}`;
    case 'not_enough_data':
      return `not enough data${needed}`;
  }
}
