import type { Change } from '../../../dashboards/grafana/publish.ts';

const WORDS: Readonly<Record<'pushed' | 'planned', Readonly<Record<Change['state'], string>>>> = {
  pushed: {
    missing: 'made',
    same: 'unchanged',
    outdated: 'updated',
    edited: 'replaced',
    provisioned: 'left',
  },
  planned: {
    missing: 'would be made',
    same: 'unchanged',
    outdated: 'would be updated',
    edited: 'was saved by somebody else',
    provisioned: 'is held by a file on the server',
  },
};

const PLACES_SHOWN = 10;

/** What was done to each dashboard, or would be: a line each, and the places that differ under it. */
export function renderChanges(changes: readonly Change[], kind: keyof typeof WORDS): string {
  return changes
    .map(({ uid, state, places, stored }) => {
      const who = state === 'edited' ? ` (${stored?.savedBy}, ${stored?.savedAt})` : '';
      const more = places.length > PLACES_SHOWN ? [`    and ${places.length - PLACES_SHOWN} more`] : [];
      const shown = places.slice(0, PLACES_SHOWN).map((place) => `    ${place}`);
      return [`${uid.padEnd(24)}  ${WORDS[kind][state]}${who}`, ...shown, ...more, ''].join('\n');
    })
    .join('');
}

/** The same as one line of JSON. */
export function changesJson(changes: readonly Change[]): string {
  const dashboards = changes.map(({ uid, title, state, places, stored }) => ({
    uid,
    title,
    state,
    places,
    saved_by: stored?.savedBy ?? null,
    saved_at: stored?.savedAt ?? null,
  }));
  return `${JSON.stringify({ dashboards })}\n`;
}
