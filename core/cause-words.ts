import type { Cause, GroupChange, MixShare, Onset, Subset, SubsetPart } from './cause.ts';
import { formatShare, formatSpan, formatValue } from './format.ts';
import type { Incident } from './incident.ts';
import { unitOf } from './incident-words.ts';

/** A cause that explains so much of the change may be called likely. */
const EXPLAINS_MIN = 0.5;
/** Attributes named in a line. */
const NAMED_MAX = 4;
/** Elsewhere it changed by no more than this share of what it did inside: not to speak of. */
const ELSEWHERE_MAX = 0.25;

/**
 * What probably did it, in one line without a full stop, the likeliest first: what changed at that moment, where, and whether other inferences arrive. Empty
 * if nothing can be said.
 */
export function causeWords(cause: Cause): string {
  const { onsets, scan, mixes, topics, before, after } = cause;
  // That a version was declared is said by the incident itself.
  const isOfVersions = before.version !== after.version;
  const [onset] = onsets.filter(({ attribute }) => !(isOfVersions && attribute === 'version'));
  const [mix] = mixes.filter((one) => explains(cause, one));
  const [topic] = topics && explains(cause, topics) ? topics.topics : [];
  return [
    ...(onset ? [onsetWords(onset)] : []),
    ...(scan.subset ? [subsetWords(scan.subset, cause)] : []),
    ...(mix ? [mixWords(mix, cause)] : []),
    ...(topic && topic.terms.length > 0
      ? [`prompts about “${topic.terms.slice(0, 3).join(', ')}”: ${shareWords(topic)} of them`]
      : []),
    ...(isEverywhere(cause) ? [`everywhere: no value of ${attributesOf(scan)} stands out`] : []),
  ].join('; ');
}

/** What probably did an incident, as far as it is known: the declared version first. Empty if nothing is known. */
export function probableCause({
  baselineVersion,
  version,
  cause,
}: Pick<Incident, 'baselineVersion' | 'version' | 'cause'>): string {
  const declared = baselineVersion === '' ? [] : [`version ${version} in place of ${baselineVersion}`];
  return [...declared, ...(cause === '' ? [] : [cause])].join('; ');
}

/** The attributes that were searched, as people say them. */
function attributesOf({ attributes }: Cause['scan']): string {
  const named = attributes.slice(0, NAMED_MAX).map(attributeWords).join(', ');
  return attributes.length > NAMED_MAX ? `${named} or ${attributes.length - NAMED_MAX} more` : named;
}

/** `release 1.5 in place of 1.4, first seen 4 min before` */
export function onsetWords({
  attribute,
  value,
  replaced,
  isNew,
  distanceMs,
  ...share
}: Omit<Onset, 'at'>): string {
  const what = `${attributeWords(attribute)} ${value}${replaced === '' ? '' : ` in place of ${replaced}`}`;
  const minutes = Math.round(Math.abs(distanceMs) / 60_000);
  const when =
    minutes === 0
      ? 'at that moment'
      : `${formatSpan(minutes * 60_000)} ${distanceMs < 0 ? 'before' : 'after'}`;
  return isNew ? `${what}, first seen ${when}` : `${what}, ${shareWords(share)} ${when}`;
}

/** `only where region=eu and tier=free (5 % → 25 %; elsewhere 5 % → 5 %)` */
function subsetWords({ parts, inside, outside }: Subset, cause: Cause): string {
  const isOnly =
    Math.sign(inside.change.value) * outside.change.value <= ELSEWHERE_MAX * Math.abs(inside.change.value);
  const pairs = `${groupWords(inside, cause)}; elsewhere ${groupWords(outside, cause)}`;
  return `${isOnly ? 'only' : 'most'} where ${subsetName(parts)} (${pairs})`;
}

/** `region=eu and tier=free`, `region=eu or us`, `every region but apac` */
export function subsetName(parts: readonly SubsetPart[]): string {
  return parts
    .map(
      ({ attribute, values }) =>
        `${attributeWords(attribute)}=${values.slice(0, 4).join(' or ')}${more(values)}`,
    )
    .join(' and ');
}

const more = (values: readonly string[]): string =>
  values.length > 4 ? ` or ${values.length - 4} more` : '';

/** `an other mix of tier (free 20 % → 60 %) explains 90 % of it` */
function mixWords({ attribute, mix, values }: MixShare, cause: Cause): string {
  const [most] = values.toSorted((a, b) => Math.abs(b.mix) - Math.abs(a.mix));
  const share = Math.min(1, mix.value / cause.whole.change.value);
  const which = most ? ` (${most.value} ${shareWords(most)})` : '';
  return `another mix of ${attributeWords(attribute)}${which} explains ${formatShare(Math.round(share * 100) / 100)} of it`;
}

/** True if the mix is surely something, in the direction of the change, and at least half of it. */
function explains({ whole }: Cause, { mix }: { readonly mix: MixShare['mix'] }): boolean {
  const sign = Math.sign(whole.change.value);
  const near = sign > 0 ? mix.low : -mix.high;
  return near > 0 && sign * mix.value >= EXPLAINS_MIN * Math.abs(whole.change.value);
}

/** It was searched, nothing stands out, and the change itself is sure. */
function isEverywhere({ scan, whole, mixes, ...cause }: Cause): boolean {
  const isSure = whole.change.low > 0 || whole.change.high < 0;
  const isSearched = scan.attributes.length > 0 && scan.subset === null && cause.stage === 'settled';
  return isSure && isSearched && !mixes.some((mix) => explains({ ...cause, scan, whole, mixes }, mix));
}

/** How much of the change each part of it is: 1 for all of it, negative for what worked against it. */
export function partsOfChange(
  { whole }: Pick<Cause, 'whole'>,
  { mix, within }: { readonly mix: number; readonly within: number },
): { readonly mix: number; readonly within: number } {
  const all = whole.change.value;
  return all === 0 ? { mix: 0, within: 0 } : { mix: mix / all, within: within / all };
}

/** `5 % → 25 %`, `1.2 s → 2.4 s` */
export function groupWords(
  { before, after }: GroupChange,
  { signal, measure }: Pick<Cause, 'signal' | 'measure'>,
): string {
  if (measure === 'category') return `${formatShare(before.middle)} → ${formatShare(after.middle)}`;
  const unit = unitOf(signal, measure === 'share');
  return `${formatValue(before.middle, unit)} → ${formatValue(after.middle, unit)}`;
}

export const shareWords = ({
  shareBefore,
  shareAfter,
}: {
  shareBefore: number;
  shareAfter: number;
}): string => `${wholeShare(shareBefore)} → ${wholeShare(shareAfter)}`;

const wholeShare = (share: number): string => formatShare(Math.round(share * 100) / 100);

/** As people say it. */
export function attributeWords(attribute: string): string {
  return (
    { prompt_version: 'prompt version', prompt_name: 'prompt', hour: 'hour (UTC)' }[attribute] ?? attribute
  );
}
