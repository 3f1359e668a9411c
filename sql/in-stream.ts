import type { StreamKey } from '../core/finding.ts';
import { OTHER_VALUE } from '../core/group-table.ts';
import { toSqlInstant } from './instant.ts';
import { INFERENCES } from './queries/signal-rows.ts';
import { SEGMENT_VALUE_LENGTH_MAX } from './segments.ts';

/** Condition on a span, of `inferences` as of what lies beside them; for their primary keys by the minute too. */
export const IN_MINUTES = `timestamp >= {since: DateTime64(3, 'UTC')} AND timestamp < {until: DateTime64(3, 'UTC')}
         AND toStartOfMinute(timestamp) >= toStartOfMinute({since: DateTime64(3, 'UTC')})
         AND toStartOfMinute(timestamp) <= {until: DateTime64(3, 'UTC')}`;

const SEGMENT_VALUE = `leftUTF8(attributes[{attribute: String}], ${SEGMENT_VALUE_LENGTH_MAX})`;

/**
 * The segments that a stream's inferences of an attribute had for themselves, hour by hour, as the roll-up told them apart then: what is admitted later,
 * or was under other bounds, changes nothing of an hour that is past.
 */
const OWN_SEGMENTS = `
  SELECT bucket, toString(segment) FROM rollup_hour FINAL
   WHERE {attributeValue: String} = '${OTHER_VALUE}' AND signal = '${INFERENCES}'
     AND project = {project: String} AND model = {model: String} AND version = {version: String}
     AND bucket >= toStartOfHour({since: DateTime64(3, 'UTC')}) AND bucket < {until: DateTime64(3, 'UTC')}
     AND startsWith(segment, concat({attribute: String}, '=')) AND segment != concat({attribute: String}, '=${OTHER_VALUE}')`;

/** Condition on inferences of one stream: they are of its segment, as the roll-up says it (sql/rollup.ts). */
export const IN_SEGMENT = `({attribute: String} = '' OR (mapContains(attributes, {attribute: String})
           AND if({attributeValue: String} = '${OTHER_VALUE}',
                  (toStartOfHour(timestamp), concat({attribute: String}, '=', ${SEGMENT_VALUE})) NOT IN (${OWN_SEGMENTS}),
                  ${SEGMENT_VALUE} = {attributeValue: String})))`;

/** Condition on inferences: they are of a stream and span. Its segment may be a group too, or with `isRest` everybody else who has one. */
export const IN_STREAM = `project = {project: String} AND model = {model: String} AND version = {version: String}
         AND ${IN_MINUTES}
         AND if({isRest: UInt8}, groups[{attribute: String}] NOT IN ('', {attributeValue: String}),
                ${IN_SEGMENT} OR (mapContains(groups, {attribute: String}) AND groups[{attribute: String}] = {attributeValue: String}))`;

export interface StreamSpan {
  readonly stream: StreamKey;
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
}

/** The parameters of these conditions; `isRest` has a default. */
export function streamParams({ stream, since, until }: StreamSpan) {
  const { project, model, version, segment } = stream;
  const [attribute = '', ...rest] = segment.split('=');
  return {
    ...{ project, model, version, segment, attribute },
    attributeValue: rest.join('='),
    isRest: 0,
    since: toSqlInstant(since),
    until: toSqlInstant(until),
  };
}
