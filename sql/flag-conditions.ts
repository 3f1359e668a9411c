import { FLAG_NAMES, type Flag } from '../core/flag.ts';
import type { InferenceNames } from './queries/span-contents.ts';

/** Which flags are looked for. */
export interface FlagQuery {
  readonly names: readonly Flag[];
  /** A score below it is a low one. */
  readonly scoreBelow: number;
  /** Inferences that are examples of an incident: arrays of equal length. */
  readonly examples: InferenceNames;
}

/** Of an inference `i`; `late.scores` are those that came after it. */
const CONDITIONS: Readonly<Record<Flag, string>> = {
  refusal: 'i.refusal = 1 OR i.partial_refusal = 1',
  truncated: 'i.truncated = 1',
  looping: 'i.looping = 1',
  // Without a format that is asked for, an answer that looks like JSON and is none.
  format: 'i.format_valid = 0 OR (isNull(i.format_valid) AND i.json_like = 1 AND i.json_valid = 0)',
  tool_call: 'i.tool_call_invalid = 1',
  unsupported_numbers: 'i.unsupported_numbers > 0',
  toxicity: 'i.toxicity = 1',
  language_mismatch: 'i.language_mismatch = 1',
  jailbreak: '(i.project, i.id) IN {MEANT:jailbreak}',
  injection: '(i.project, i.id) IN {MEANT:injection}',
  low_score: `arrayExists(v -> v < {scoreBelow: Float64},
    mapValues(mapUpdate(CAST(i.scores, 'Map(String, Float64)'), late.scores)))`,
  incident: '(i.project, i.id) IN arrayZip({exampleProjects: Array(String)}, {exampleIds: Array(String)})',
};

export interface FlagSql {
  /** An array of names. */
  readonly flags: string;
  /** Join that the conditions need; may be empty. */
  readonly join: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** What finds the flags of an inference `i`. @param inTime condition on `project` and `timestamp`, for every table read */
export function flagSql({ names, scoreBelow, examples }: FlagQuery, inTime: string): FlagSql {
  const asked = FLAG_NAMES.filter((name) => names.includes(name));
  const conditions = asked.map((name) => {
    const condition = CONDITIONS[name].replace(
      /\{MEANT:(\w+)\}/,
      (_, column) => `(SELECT project, inference_id FROM embeddings FINAL WHERE ${column} = 1 AND ${inTime})`,
    );
    return `if(${condition}, '${name}', '')`;
  });
  return {
    flags: `arrayFilter(name -> name != '', [${conditions.join(', ')}])`,
    join: asked.includes('low_score')
      ? `LEFT JOIN (
           SELECT project AS late_project, inference_id,
                  mapFromArrays(groupArray(toString(name)), groupArray(value)) AS scores
             FROM scores FINAL
            WHERE (project, inference_id) IN (SELECT project, id FROM inferences WHERE ${inTime})
            GROUP BY late_project, inference_id
         ) AS late ON late.late_project = i.project AND late.inference_id = i.id`
      : '',
    params: { scoreBelow, exampleProjects: examples.projects, exampleIds: examples.ids },
  };
}
