import { readFileSync } from 'node:fs';
import { MEANING_SIGNALS, type MeaningSignalName } from '../analyzers/meaning/meaning-signals.ts';
import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { SIGNALS } from '../core/signals.ts';
import type { CheckOptions } from '../ingest/check-block.ts';
import type { Format } from '../ingest/formats/format.ts';
import { parseFormats } from '../ingest/formats/formats-file.ts';
import type { SignalsOptions } from '../ingest/signals/compute.ts';
import { loadPrices } from '../ingest/signals/prices.ts';
import { type Keep, redactionSetup } from './redaction.ts';

/** Records in one body at most: half of what may wait, so that a large body gets in while others wait. */
const ROWS_MAX = 100_000;
const REJECTIONS_TOLD_MAX = 100;

/**
 * What the settings say of checking. With a log every refusal is told: each becomes a dead letter.
 *
 * @throws AppError `invalid_input` for a REDACTION_FILE with faults
 */
export function checkOptions(
  config: Config,
  { destination, keep }: { destination: CheckOptions['destination']; keep: Keep },
): CheckOptions {
  return {
    destination,
    recordBytesMax: config.RECORD_BYTES_MAX,
    rowsMax: ROWS_MAX,
    rejectionsMax: config.KAFKA_BROKERS ? ROWS_MAX : REJECTIONS_TOLD_MAX,
    timestampAheadMaxMs: config.TIMESTAMP_AHEAD_MAX,
    redaction: redactionSetup(config, keep),
  };
}

/** What the settings say of signals. @throws AppError `invalid_input` for a name that is none, a price table or a FORMATS_FILE with faults */
export function signalsOptions(config: Config): SignalsOptions {
  const { SIGNALS: setting, PRICES_FILE } = config;
  const given = { prices: loadPrices(PRICES_FILE), formats: formatsOf(config) };
  if (setting === 'all' || setting === 'none') return { enabled: setting, ...given };
  const names = setting.split(',').map((name) => name.trim());
  const known = SIGNALS.filter(({ source, name }) => source === 'text' || isMeaning(name));
  const unknown = names.filter((name) => !known.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new AppError(
      'invalid_input',
      `SIGNALS: there is no ${unknown.join(', ')}; there are ${known.map(({ name }) => name).join(', ')}`,
    );
  }
  return { enabled: names.filter((name) => !isMeaning(name)), ...given };
}

/** Which signals of meaning the embedder computes beside `relevance`. */
export function meaningSignals({
  SIGNALS: setting,
}: Pick<Config, 'SIGNALS'>): ReadonlySet<MeaningSignalName> {
  const names = setting.split(',').map((name) => name.trim());
  return new Set(MEANING_SIGNALS.filter((name) => setting === 'all' || names.includes(name)));
}

const isMeaning = (name: string): boolean => (MEANING_SIGNALS as readonly string[]).includes(name);

function formatsOf({ FORMATS_FILE: file }: Config): readonly Format[] {
  if (file === undefined) return [];
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_input', `FORMATS_FILE: cannot read ${file}; does it exist?`, { cause });
  }
  return parseFormats(text, file);
}
