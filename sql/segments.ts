/** An attribute's value is cut here before it names a segment. */
export const SEGMENT_VALUE_LENGTH_MAX = 100;

/**
 * The segments of a row of `inferences`, as an array: the empty one, then `attribute=value` or `attribute=(other)` for each
 * attribute that is watched. `segmentParams` binds which those are.
 */
export const SEGMENTS_OF_ROW = `arrayConcat([''], arrayMap(
         (attribute, value) -> if(has({pairs: Array(String)}, concat(project, '\\n', attribute, '=', value)),
                                  concat(attribute, '=', value), concat(attribute, '=(other)')),
         arrayFilter(attribute -> has({attributes: Array(String)}, concat(project, '\\n', attribute)),
                     CAST(mapKeys(attributes), 'Array(String)') AS names) AS known,
         arrayMap(attribute -> leftUTF8(attributes[attribute], ${SEGMENT_VALUE_LENGTH_MAX}), known)))`;

export interface WatchedAttribute {
  readonly project: string;
  readonly attribute: string;
  /** Those that have a segment of their own. */
  readonly values: readonly string[];
}

export function segmentParams(watched: readonly WatchedAttribute[]): {
  attributes: string[];
  pairs: string[];
} {
  return {
    attributes: watched.map(({ project, attribute }) => `${project}\n${attribute}`),
    pairs: watched.flatMap(({ project, attribute, values }) =>
      values.map((value) => `${project}\n${attribute}=${value}`),
    ),
  };
}
