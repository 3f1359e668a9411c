import type { Panel } from '../panels/panel.ts';
import type { Instant } from './instant.ts';

export const PANEL_RANGES = ['1h', '6h', '24h', '7d', '30d', '90d'] as const;
export type PanelRange = (typeof PANEL_RANGES)[number];

export const PANEL_DASHBOARDS = [
  'overview',
  'drift',
  'degradation',
  'bias',
  'cost',
  'incidents',
  'pipeline',
] as const;
export type PanelDashboardName = (typeof PANEL_DASHBOARDS)[number];

export interface PanelVariableLine {
  readonly name: string;
  readonly label: string;
  /** False: exactly one must be chosen, and `chosen` is. */
  readonly isMulti: boolean;
  readonly choices: readonly string[];
  /** Empty: all. */
  readonly chosen: string;
}

/** A panel without its query. */
export type PanelLine = Omit<Panel, 'sql' | 'number' | 'height'>;

/** GET /api/panels/:dashboard?range&project&model&version… : what is to be shown; each panel's rows are asked for alone. */
export interface PanelsAnswer {
  readonly now: Instant;
  readonly dashboard: PanelDashboardName;
  readonly title: string;
  readonly purpose: string;
  readonly variables: readonly PanelVariableLine[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelLine[] }[];
}

export type PanelValue = string | number | boolean | null;

/** GET /api/panels/:dashboard/:panel?… : the rows of one, as dashboards/panels/panel.ts says for its kind. */
export interface PanelRows {
  readonly since: Instant;
  readonly until: Instant;
  readonly rows: readonly Readonly<Record<string, PanelValue>>[];
  /** There were more rows than are shown. */
  readonly isCut: boolean;
}

/** Which dashboard, and what was chosen, as the addresses of both questions carry it. */
export interface PanelPlaceQuery {
  readonly dashboard: PanelDashboardName;
  readonly query: string;
}
