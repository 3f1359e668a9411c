import type { Config } from '../core/config.ts';
import { AppError } from '../core/errors.ts';
import { SIGNALS } from '../core/signals.ts';
import type { CheckOptions } from '../ingest/check-block.ts';
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

/** What the settings say of signals. @throws AppError `invalid_input` for a name that is none, or a price table with faults */
export function signalsOptions({ SIGNALS: setting, PRICES_FILE }: Config): SignalsOptions {
  const prices = loadPrices(PRICES_FILE);
  if (setting === 'all' || setting === 'none') return { enabled: setting, prices };
  const names = setting.split(',').map((name) => name.trim());
  const known = SIGNALS.filter(({ source }) => source === 'text').map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new AppError(
      'invalid_input',
      `SIGNALS: there is no ${unknown.join(', ')}; there are ${known.join(', ')}`,
    );
  }
  return { enabled: names, prices };
}
