import type { ListedKey } from '../../keys/key-admin.ts';
import { minuteText } from './minute.ts';
import { type Cell, renderTable } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Keys as a table in lines, in the order given; what a narrow terminal has no room for is to the right. */
export function renderKeys(keys: readonly ListedKey[], terminal: Terminal): string[] {
  const heads = ['id', 'project', 'scopes', 'state', 'last use', 'name', 'created'];
  return renderTable({ heads, rows: keys.map(row) }, terminal);
}

function row(key: ListedKey): Cell[] {
  const isRevoked = key.revoked_at !== null;
  return [
    { text: key.id },
    { text: key.project === '*' ? '* (all)' : key.project },
    { text: key.scopes.join(', ') },
    { text: isRevoked ? 'revoked' : 'valid', ink: isRevoked ? 'yellow' : null },
    { text: key.last_used_at ? minuteText(key.last_used_at) : 'never' },
    { text: key.name === '' ? '–' : key.name },
    { text: minuteText(key.created_at) },
  ];
}
