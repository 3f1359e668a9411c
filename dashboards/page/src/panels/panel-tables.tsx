import type { PanelColumn } from '../../../panels/panel.ts';
import type { PanelLine, PanelRows, PanelValue } from '../../api-panels.ts';
import { hrefOf, streamHref } from '../router.ts';
import { Scrolled } from '../scrolled.tsx';
import { columnsOf, formatPanelNumber, formatPanelValue } from './panel-values.ts';

type Row = PanelRows['rows'][number];

/** Rows in columns, with their links. */
export function PanelTable({ panel, answer, now }: { panel: PanelLine; answer: PanelRows; now: Date }) {
  return (
    <Scrolled label={panel.title}>
      <table class="rows">
        <thead>
          <tr>
            {panel.columns.map(({ name, title, unit }) => (
              <th key={name} scope="col" class={isNumber(unit) ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <tr key={JSON.stringify(row)}>
              {panel.columns.map((column) => (
                <td key={column.name} class={isNumber(column.unit) ? 'number' : undefined}>
                  <Cell column={column} row={row} now={now} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}

const isNumber = (unit: PanelColumn['unit']): boolean => unit !== 'text' && unit !== 'instant';

function Cell({ column, row, now }: { column: PanelColumn; row: Row; now: Date }) {
  const text = formatPanelValue(row[column.name], column.unit, now);
  const href = hrefOfCell(column, row);
  return href === null ? <span>{text}</span> : <a href={href}>{text}</a>;
}

function hrefOfCell({ link }: PanelColumn, row: Row): string | null {
  const text = (value: PanelValue | undefined): string => String(value ?? '');
  if (link === 'incident' && row['id']) return hrefOf({ view: 'incident', id: text(row['id']) });
  if (link === 'stream' && row['model']) {
    const version = text(row['version']);
    return streamHref({
      project: text(row['project']) || 'default',
      model: text(row['model']),
      version: version === 'not declared' ? '' : version,
    });
  }
  return null;
}

/** One bar a row, the numbers beside it; of several numbers, stacked with a key. */
export function PanelBars({ panel, answer }: { panel: PanelLine; answer: PanelRows }) {
  const { text, numbers } = columnsOf(answer.rows);
  const total = (row: Row): number =>
    numbers.reduce((sum, name) => sum + Math.abs(Number(row[name] ?? 0)), 0);
  const widest = Math.max(...answer.rows.map(total), panel.unit === 'share' ? 1e-9 : 0) || 1;
  return (
    <>
      {numbers.length > 1 && (
        <p class="panel-key">
          {numbers.map((name, place) => (
            <span key={name} class="panel-key-line">
              <span class={`bar-sign series-${place % 5}`} aria-hidden="true" /> {name}
            </span>
          ))}
        </p>
      )}
      <ul class="bars">
        {answer.rows.map((row) => (
          <li key={String(text === null ? JSON.stringify(row) : row[text])}>
            <span class="bar-name">{String(text === null ? '' : row[text])}</span>
            <span class="bar-track" aria-hidden="true">
              <BarParts row={row} numbers={numbers} widest={widest} />
            </span>
            <span class="bar-value">
              {numbers.map((name) => formatPanelNumber(Number(row[name] ?? 0), panel.unit)).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function BarParts({ row, numbers, widest }: { row: Row; numbers: readonly string[]; widest: number }) {
  let from = 0;
  return (
    <svg class="bar" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      {numbers.map((name, place) => {
        const width = (1000 * Math.abs(Number(row[name] ?? 0))) / widest;
        from += width;
        return <rect key={name} class={`series-${place % 5}`} x={from - width} width={width} height="10" />;
      })}
    </svg>
  );
}
