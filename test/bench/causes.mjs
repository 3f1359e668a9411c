// How often the search for a subset names the one planted value, how often it names something where the change is the same everywhere
// (it may in one of twenty), and how long it takes. All simulated, seeded: sessions of four calls, as alike as their own level makes them.
import { findSubset } from '../../dist/analyzers/cause/subset.js';
import { causeTable } from '../../dist/analyzers/cause/table.js';
import { seededRandom } from '../../dist/core/seeded-random.js';

const DRAWS = 20;
const SESSION_ROWS = 4;
/** Level of a session, in points either way. */
const SESSION_SPREAD = 0.03;
const RATE = 0.1;
const SHAPES = [
  [3, 3],
  [5, 10],
  [10, 20],
];

const PARTS = { planted, nothing: (draws) => nothing(draws * 5), time };

/** `causes [draws] [planted|nothing|time]` */
export async function bench([draws, only]) {
  for (const [name, part] of Object.entries(PARTS)) if (!only || only === name) part(Number(draws) || DRAWS);
}

function planted(draws) {
  console.log(`One value planted, ${draws} draws: its rate rises from 10 % by so much, elsewhere by nothing`);
  console.log('attributes × values   rows a side   rise      named   with more   another   nothing');
  for (const [attributes, values] of SHAPES)
    for (const rows of [1_000, 5_000, 20_000])
      for (const rise of [0.1, 0.3]) {
        const seen = { named: 0, more: 0, another: 0, nothing: 0 };
        for (let draw = 0; draw < draws; draw++)
          seen[outcome(search({ attributes, values, rows, rise, everywhere: 0, seed: draw + 1 }))]++;
        const share = (count) => `${Math.round((100 * count) / draws)} %`.padStart(8);
        console.log(
          `${`${attributes} × ${values}`.padEnd(20)} ${String(rows).padStart(12)} ${`+${100 * rise} pts`.padStart(9)} ${share(seen.named)} ${share(seen.more).padStart(11)} ${share(seen.another).padStart(9)} ${share(seen.nothing).padStart(9)}`,
        );
      }
}

/** `named`: that value and no other; `more`: it and something beside it. */
function outcome({ found }) {
  if (!found) return 'nothing';
  const own = found.parts.find(({ attribute, values }) => attribute === 'a0' && values.includes('v1'));
  if (!own) return 'another';
  return found.parts.length === 1 && own.values.length === 1 ? 'named' : 'more';
}

function nothing(draws) {
  console.log(
    `\nThe same rise everywhere, ${draws} draws: something is named in at most one of twenty, if the level is kept`,
  );
  console.log('attributes × values   rows a side   rise       named');
  for (const [attributes, values] of SHAPES)
    for (const everywhere of [0, 0.2]) {
      const rows = 1_000;
      let named = 0;
      for (let draw = 0; draw < draws; draw++)
        if (search({ attributes, values, rows, rise: 0, everywhere, seed: 1_000 + draw }).found) named++;
      console.log(
        `${`${attributes} × ${values}`.padEnd(20)} ${String(rows).padStart(12)} ${`+${100 * everywhere} pts`.padStart(9)} ${`${((100 * named) / draws).toFixed(1)} %`.padStart(10)}`,
      );
    }
}

function time() {
  console.log('\nTime of one search, ten attributes of ten values, with its replays');
  for (const rows of [5_000, 30_000, 500_000]) {
    const table = tableOf({ attributes: 10, values: 10, rows, rise: 0.3, everywhere: 0, seed: 1 });
    const since = process.cpuUsage();
    const { found } = findSubset(table, optionsOf(table, seededRandom(1)));
    const { user, system } = process.cpuUsage(since);
    console.log(
      `${String(2 * rows).padStart(9)} rows ${((user + system) / 1e6).toFixed(1).padStart(7)} s of CPU, ${found ? found.parts.map(({ attribute, values }) => `${attribute}=${values}`) : 'nothing'} named`,
    );
  }
}

const search = (given) => {
  const table = tableOf(given);
  return findSubset(table, optionsOf(table, seededRandom(given.seed)));
};

const optionsOf = (table, random) => ({ isHeldOut: (row) => table.unitOf[row] % 2 === 1, random });

/** Values are unequally common; the planted one is the second of the first attribute. */
function tableOf({ attributes, values, rows, rise, everywhere, seed }) {
  const random = seededRandom(seed);
  const names = Array.from({ length: attributes }, (_, place) => `a${place}`);
  const made = [];
  const scores = new Float64Array(2 * rows);
  for (let row = 0; row < 2 * rows; row += SESSION_ROWS) {
    const isAfter = row >= rows;
    const own = names.map(() => `v${Math.floor(values * random() ** 1.5)}`);
    const level = RATE + SESSION_SPREAD * (2 * random() - 1) + (isAfter ? everywhere : 0);
    const rate = level + (isAfter && own[0] === 'v1' ? rise : 0);
    for (let call = row; call < row + SESSION_ROWS; call++) {
      scores[call] = random() < rate ? 1 : 0;
      made.push({ id: `i${call}`, isAfter, unit: `s${row}`, value: scores[call], attributes: own });
    }
  }
  return causeTable(made, scores, names);
}
