import { BIAS } from './bias.ts';
import { COST } from './cost.ts';
import { DEGRADATION } from './degradation.ts';
import { DRIFT } from './drift.ts';
import { INCIDENTS } from './incidents.ts';
import { OVERVIEW } from './overview.ts';
import type { Panel, PanelDashboard } from './panel.ts';
import { PIPELINE } from './pipeline.ts';

/** Every dashboard, in order of display. */
export const DASHBOARDS: readonly PanelDashboard[] = [
  OVERVIEW,
  DRIFT,
  DEGRADATION,
  BIAS,
  COST,
  INCIDENTS,
  PIPELINE,
];

/** Panels of a dashboard, in order of display. */
export const panelsOf = (dashboard: PanelDashboard): readonly Panel[] =>
  dashboard.rows.flatMap((row) => row.panels);
