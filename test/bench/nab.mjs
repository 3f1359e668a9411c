// Labelled anomalies in real series (numenta/NAB, realKnownCause): `npm run bench -- nab`. The detectors of windows of time with the
// settings that a series needs: one value a row, 12 rows a window, NAB's probation as the baseline, a budget of one false alarm a series.
// Beside them a windowed Gaussian; scored by NAB's own rules, standard profile.
import { existsSync, readFileSync } from 'node:fs';
import { stepStream } from '../../dist/analyzers/stream.js';
import { DEFAULT_STREAM_OPTIONS } from '../../dist/analyzers/stream-options.js';
import { summarize } from '../../dist/core/summary.js';
import { bestScore, nabScore, probationOf } from './nab-score.mjs';

const FOLDER = new URL('../../../shared/data/nab_real_known_cause/', import.meta.url);
const WINDOW_ROWS = 12;
const GAUSSIAN_ROWS = 100;

export async function bench() {
  if (!existsSync(FOLDER)) {
    console.log('the series are not here (../shared/data/nab_real_known_cause): nothing was measured');
    return;
  }
  const series = readSeries();
  const detectors = {
    plumbline: (one) => streamScores(one),
    'windowed Gaussian': (one) => gaussianScores(one),
    'says nothing': ({ values }) => values.map(() => 0),
    'alarms every 200 rows': ({ values }) => values.map((_, row) => (row % 200 === 0 ? 1 : 0)),
  };
  const windows = series.reduce((sum, one) => sum + one.windows.length, 0);
  console.log(
    `${series.length} series, ${windows} windows; published figures are of all 58 series of NAB, not of these`,
  );
  for (const [name, detect] of Object.entries(detectors)) {
    const scored = series.map((one) => ({ ...one, scores: detect(one) }));
    const best = bestScore(scored);
    const fixed = nabScore(scored, 1);
    const alarms = scored.reduce((sum, { scores }) => sum + scores.filter((score) => score >= 1).length, 0);
    console.log(
      `${name.padEnd(28)} best threshold ${best.score.toFixed(1).padStart(6)}   at its own (1) ${fixed.toFixed(1).padStart(7)}   ${alarms} alarms`,
    );
    for (const one of scored)
      console.log(`    ${one.name.padEnd(48)} ${nabScore([one], best.threshold).toFixed(1).padStart(7)}`);
  }
}

function readSeries() {
  const labelled = JSON.parse(readFileSync(new URL('combined_windows.json', FOLDER), 'utf8'));
  return Object.entries(labelled).map(([path, spans]) => {
    const name = path.split('/').at(-1);
    const rows = readFileSync(new URL(name, FOLDER), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    const at = (text) => Date.parse(`${text.replace(' ', 'T').slice(0, 19)}Z`);
    const times = rows.map(([time]) => at(time));
    const windows = spans.map(([since, until]) => [
      times.findIndex((time) => time >= at(since)),
      times.findLastIndex((time) => time <= at(until)),
    ]);
    return { name, times, values: rows.map(([, value]) => Number(value)), windows };
  });
}

/** The evidence of an incident in the row in which it opens; 0 in every other. */
function streamScores({ values, times }) {
  const scores = values.map(() => 0);
  const options = {
    ...DEFAULT_STREAM_OPTIONS,
    baselineRowsMin: probationOf(values.length),
    isTimed: true,
    windowsPerFalseAlarm: values.length / WINDOW_ROWS,
  };
  let state = null;
  let isOpen = false;
  for (let row = WINDOW_ROWS; row <= values.length; row += WINDOW_ROWS) {
    const summaries = new Map([['score:value', summarize(values.slice(row - WINDOW_ROWS, row))]]);
    const window = {
      since: new Date(times[row - WINDOW_ROWS]),
      until: new Date(times[row - 1] + 1),
      rows: WINDOW_ROWS,
    };
    const step = stepStream(state, summaries, window, options);
    state = step.state;
    const reading = step.findings.find(({ signal }) => signal === 'score:value');
    const isAlarm = reading?.outcome === 'alarm';
    if (isAlarm && !isOpen) scores[row - 1] = reading.evidence;
    isOpen = isAlarm;
  }
  return scores;
}

/** How far a value lies out in a normal distribution of the rows before it, as NAB's windowedGaussian: 1 − tail. */
function gaussianScores({ values }) {
  return values.map((value, row) => {
    const before = values.slice(Math.max(0, row - GAUSSIAN_ROWS), row);
    if (before.length < GAUSSIAN_ROWS) return 0;
    const mean = before.reduce((sum, one) => sum + one, 0) / before.length;
    const sd = Math.sqrt(before.reduce((sum, one) => sum + (one - mean) ** 2, 0) / before.length) || 1e-9;
    // 4 standard deviations score 1.
    return Math.abs(value - mean) / sd / 4;
  });
}
