import type { PanelVariable } from './panel.ts';

/** Choices come from the hours of the range: few rows, whatever its length. */
const fromHours = (expression: string): string => `
SELECT DISTINCT ${expression} AS value
  FROM rollup_hour
 WHERE bucket >= toStartOfHour($__fromTime) AND bucket <= $__toTime AND signal = 'inferences'`;

/** What every dashboard lets its reader choose. */
export const STREAM_VARIABLES: readonly PanelVariable[] = [
  {
    name: 'project',
    label: 'Project',
    sql: `${fromHours('project')} AND segment = '' ORDER BY value LIMIT 1000`,
    isMulti: true,
  },
  {
    name: 'model',
    label: 'Model',
    sql: `${fromHours('model')} AND segment = ''
   AND $__conditionalAll(project IN (\${project:singlequote}), $project)
 ORDER BY value LIMIT 1000`,
    isMulti: true,
  },
  {
    name: 'version',
    label: 'Version',
    sql: `${fromHours(`if(version = '', 'not declared', version)`)} AND segment = ''
   AND $__conditionalAll(project IN (\${project:singlequote}), $project)
   AND $__conditionalAll(model IN (\${model:singlequote}), $model)
 ORDER BY value LIMIT 1000`,
    isMulti: true,
  },
];

/** One signal with numbers: what a distribution is shown of. */
export const SIGNAL_VARIABLE: PanelVariable = {
  name: 'signal',
  label: 'Signal',
  sql: `
SELECT DISTINCT signal AS value
  FROM rollup_hour
 WHERE bucket >= toStartOfHour($__fromTime) AND bucket <= $__toTime AND segment = '' AND notEmpty(bins)
   AND signal NOT IN ('inferences', 'language', 'prompt_language')
 ORDER BY value != 'response_words', value LIMIT 1000`,
  isMulti: false,
};

/** One attribute: whose values are compared. */
export const ATTRIBUTE_VARIABLE: PanelVariable = {
  name: 'attribute',
  label: 'Attribute',
  sql: `${fromHours(`splitByChar('=', toString(segment))[1]`)} AND segment != '' ORDER BY value LIMIT 1000`,
  isMulti: false,
};
