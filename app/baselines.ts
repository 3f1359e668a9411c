import { AppError } from '../core/errors.ts';
import type { StreamWindow } from '../core/window.ts';
import type { Store } from '../sql/client.ts';
import { timeWindow } from '../sql/queries/windows.ts';
import type { BaselineSource } from './analysis.ts';
import { mergeStreams } from './summarize-records.ts';

/** A stream's summaries, from records or from the store. */
type Summarized = Pick<StreamWindow, 'key' | 'summaries'>;

const DATES = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;
const VERSION = /^version:(.+)$/;

/**
 * What the setting BASELINE means.
 *
 * @param fileStreams reads a file of records; called for a setting that is none of the other forms
 * @throws AppError `invalid_input` for dates that hold nothing or lie the wrong way round, or a file that cannot be read
 */
export async function baselineSource(
  setting: string,
  store: Store,
  fileStreams: (file: string) => Promise<readonly Summarized[]>,
): Promise<BaselineSource> {
  if (setting === 'trailing') return async () => null;
  const dates = DATES.exec(setting);
  if (dates) {
    const [since, until] = [new Date(dates[1] ?? ''), new Date(dates[2] ?? '')];
    if (!(since < until)) {
      throw new AppError('invalid_input', `BASELINE=${setting}: expected two dates, the earlier one first`);
    }
    return baselineFrom(await timeWindow(store, { since, until }), setting);
  }
  const version = VERSION.exec(setting)?.[1];
  if (version !== undefined) {
    return async (key) => {
      const streams = await timeWindow(store, { since: new Date(0), until: new Date() });
      return baselineFrom(
        streams.filter((stream) => stream.key.version === version),
        setting,
      )(key);
    };
  }
  return baselineFrom(await fileStreams(setting), setting);
}

/**
 * Baselines out of summaries: for a model its own version if they have it, else all they have of the model (the
 * version before). Null for a model that they do not have.
 */
export function baselineFrom(streams: readonly Summarized[], label: string): BaselineSource {
  return async (key) => {
    const ofModel = streams.filter(
      (stream) =>
        stream.key.project === key.project &&
        stream.key.model === key.model &&
        stream.key.segment === key.segment,
    );
    const same = ofModel.find((stream) => stream.key.version === key.version);
    if (same) return { label, version: key.version, summaries: same.summaries };
    const [only] = ofModel;
    if (!only) return null;
    const version = ofModel.map((stream) => stream.key.version).join('+');
    return { label, version, summaries: mergeStreams(ofModel) };
  };
}
