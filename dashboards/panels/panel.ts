/**
 * What its rows look like, by kind:
 * `timeseries`: `time`, at most one text, `series`, then numbers; ordered by time.
 * `stat`: one row of numbers.
 * `table`: any columns, described in `columns`.
 * `statetimeline`: `time`, a text, `lane`, and one number, whose words are in `states`.
 * `barchart`: a text (the bar), then numbers.
 * `heatmap`: `time`, a text that sorts as the values do, `row`, and one number: how many.
 * `text`: no query; Markdown.
 */
export type PanelKind = 'timeseries' | 'stat' | 'table' | 'statetimeline' | 'barchart' | 'heatmap' | 'text';

/** In what its numbers are; `share` is in [0, 1]. */
export type PanelUnit =
  | 'count'
  | 'share'
  | 'ms'
  | 's'
  | 'usd'
  | 'per_minute'
  | 'tokens'
  | 'tokens_per_second'
  | 'characters'
  | 'words'
  | 'items'
  | 'score'
  | 'text'
  | 'instant';

/** From this value on the level holds; null: from the lowest value. In rising order. */
export interface Threshold {
  readonly from: number | null;
  readonly level: 'ok' | 'warning' | 'critical';
}

/** A column of a table: its name in the query, its heading, and where a click on it leads. */
export interface PanelColumn {
  readonly name: string;
  readonly title: string;
  readonly unit: PanelUnit;
  /** The stream's dashboard, by the row's `model`; the incident on the page, by its `id`; none. */
  readonly link?: 'stream' | 'incident';
}

/** One panel, as Grafana and the built-in page show it. */
export interface Panel {
  /** The same for ever: links, annotations and the page's addresses hold it. */
  readonly id: string;
  /** Grafana's id of it; unique among all dashboards. */
  readonly number: number;
  readonly title: string;
  /** What it answers, as a question. */
  readonly question: string;
  readonly kind: PanelKind;
  readonly unit: PanelUnit;
  /** Empty: no colours. */
  readonly thresholds: readonly Threshold[];
  /** ClickHouse SQL with the macros and variables of Grafana (expand.ts); empty for a text. */
  readonly sql: string;
  /** Of a table, in order. */
  readonly columns: readonly PanelColumn[];
  /** Words of a state timeline's numbers. */
  readonly states: readonly {
    readonly value: number;
    readonly text: string;
    readonly level: Threshold['level'] | 'none';
  }[];
  /** Of a text, in Markdown. */
  readonly text: string;
  /** Of 24 columns. */
  readonly width: number;
  /** In Grafana's rows of about 38 pixels. */
  readonly height: number;
}

/** Panels under one heading. */
export interface PanelRow {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** What a reader chooses; named `$name` in the queries. */
export interface PanelVariable {
  readonly name: string;
  readonly label: string;
  /** Gives the choices: one column. */
  readonly sql: string;
  /** Several at once, and all; else exactly one. */
  readonly isMulti: boolean;
}

/** Panels that answer one person's questions. */
export interface PanelDashboard {
  /** Grafana's uid; part of its address. */
  readonly uid: string;
  readonly title: string;
  /** What it is for, in a sentence. */
  readonly purpose: string;
  readonly variables: readonly PanelVariable[];
  readonly rows: readonly PanelRow[];
}

/** A panel from what is particular to it. */
export function panel(
  given: Pick<Panel, 'id' | 'number' | 'title' | 'question' | 'kind'> & Partial<Panel>,
): Panel {
  const size = SIZES[given.kind];
  return { unit: 'count', thresholds: [], sql: '', columns: [], states: [], text: '', ...size, ...given };
}

const SIZES: Readonly<Record<PanelKind, Pick<Panel, 'width' | 'height'>>> = {
  timeseries: { width: 12, height: 8 },
  stat: { width: 4, height: 4 },
  table: { width: 24, height: 9 },
  statetimeline: { width: 24, height: 8 },
  barchart: { width: 12, height: 8 },
  heatmap: { width: 12, height: 8 },
  text: { width: 24, height: 4 },
};
