/** One inference of the sample, as the store gives it. */
export interface CauseRow {
  readonly id: string;
  readonly isAfter: boolean;
  /** Session, else user, else the inference itself: what is drawn at random as one. */
  readonly unit: string;
  /** Of a category signal its value, of any other its number. */
  readonly value: number | string;
  /** In the order of the attributes' names; empty: it has none. */
  readonly attributes: readonly string[];
}

/** One attribute of all rows. */
export interface CauseAttribute {
  readonly name: string;
  readonly values: readonly string[];
  /** Per row, an index in `values`. */
  readonly codes: Uint16Array;
}

/** Inferences of both sides in columns. */
export interface CauseTable {
  readonly rows: number;
  /** What the change is measured by, per row, in [0, 1]. */
  readonly scores: Float64Array;
  readonly isAfter: Uint8Array;
  /** Per row, the number of its unit in [0, units). */
  readonly unitOf: Uint32Array;
  readonly units: number;
  readonly attributes: readonly CauseAttribute[];
}

/** Distinct values of an attribute that are told apart; the rest is one. */
const VALUES_MAX = 20;
const OTHER = '(other)';
const NONE = '(none)';

/** Columns of rows; an attribute that has one value, or as many as rows nearly, says nothing and is left out. O(rows × attributes). */
export function causeTable(
  rows: readonly CauseRow[],
  scores: Float64Array,
  names: readonly string[],
): CauseTable {
  const isAfter = Uint8Array.from(rows, (row) => (row.isAfter ? 1 : 0));
  const numbers = new Map<string, number>();
  const unitOf = Uint32Array.from(rows, ({ unit }) => {
    const known = numbers.get(unit);
    if (known !== undefined) return known;
    numbers.set(unit, numbers.size);
    return numbers.size - 1;
  });
  const attributes = names.flatMap((name, place) => {
    const attribute = attributeOf(name, rows.length, (row) => rows[row]?.attributes[place] ?? '');
    return attribute.values.length > 1 ? [attribute] : [];
  });
  return { rows: rows.length, scores, isAfter, unitOf, units: numbers.size, attributes };
}

function attributeOf(name: string, rows: number, textOf: (row: number) => string): CauseAttribute {
  const counts = new Map<string, number>();
  for (let row = 0; row < rows; row++) counts.set(textOf(row), (counts.get(textOf(row)) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const kept = ordered.slice(0, VALUES_MAX).map(([value]) => value);
  const isCut = ordered.length > kept.length;
  const codeOf = new Map(kept.map((value, code) => [value, code]));
  const codes = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) codes[row] = codeOf.get(textOf(row)) ?? kept.length;
  const values = [...kept.map((value) => (value === '' ? NONE : value)), ...(isCut ? [OTHER] : [])];
  return { name, values, codes };
}

/** The rows for which `isChosen` holds, with all units' numbers as they are. */
export function chosenRows(table: CauseTable, isChosen: (row: number) => boolean): CauseTable {
  const places: number[] = [];
  for (let row = 0; row < table.rows; row++) if (isChosen(row)) places.push(row);
  return {
    rows: places.length,
    scores: Float64Array.from(places, (row) => table.scores[row] ?? 0),
    isAfter: Uint8Array.from(places, (row) => table.isAfter[row] ?? 0),
    unitOf: Uint32Array.from(places, (row) => table.unitOf[row] ?? 0),
    units: table.units,
    attributes: table.attributes.map(({ name, values, codes }) => ({
      name,
      values,
      codes: Uint16Array.from(places, (row) => codes[row] ?? 0),
    })),
  };
}
