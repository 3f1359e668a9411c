/** Prefix of a signal that is people's score over all inferences, from few of theirs and many of a judge's: `quality:correct`. */
export const QUALITY_PREFIX = 'quality:';
/** Prefix of a signal that is how far the judge is above people: `judge_bias:correct`. */
export const JUDGE_BIAS_PREFIX = 'judge_bias:';
