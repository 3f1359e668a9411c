export const GPT_4 = 'project=default&model=gpt-4&version=';

/** Every view by its address, and what is there when it has been drawn. */
export const VIEWS: readonly (readonly [fragment: string, ready: string])[] = [
  ['', '.streams'],
  ['incidents', '.incidents'],
  ['incidents/inc-length', '.histogram'],
  ['incidents/inc-correct', '.histogram'],
  ['incidents/inc-speed', '.histogram'],
  [`stream?${GPT_4}`, '.time-line canvas'],
  [`segments?${GPT_4}`, '.segments tbody tr'],
  [`embeddings?${GPT_4}`, '.topics'],
  ['embeddings?model=gpt-3.5-turbo&version=0613', '.empty'],
  ['panels/overview', '.panel-timeseries canvas'],
  ['panels/drift', '.panel canvas'],
  ['panels/degradation', '.panel canvas'],
  ['panels/bias', '.panel'],
  ['panels/cost', '.panel canvas'],
  ['panels/incidents', '.panel'],
  ['panels/pipeline', '.panel canvas'],
  ['silences?incident=inc-length', '.action-form'],
  ['rules', '.rules li'],
  ['runbooks/quality', '.runbook h1'],
  ['pipeline', '.arrivals'],
  ['send', '.copy-block'],
  ['nowhere', 'h1'],
];
