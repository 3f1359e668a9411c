import type { StreamKey } from '../core/finding.ts';

/** Condition on project, model, version and segment; `ofStreams` binds it. The lists in front are for the primary key. */
export const OF_STREAMS = `project IN {projects: Array(String)} AND model IN {models: Array(String)}
  AND version IN {versions: Array(String)} AND segment IN {segments: Array(String)}
  AND concat(project, '\\n', model, '\\n', version, '\\n', segment) IN {streams: Array(String)}`;

export function ofStreams(keys: readonly StreamKey[]): Record<string, readonly string[]> {
  const distinct = (part: keyof StreamKey): string[] => [...new Set(keys.map((key) => key[part]))];
  return {
    projects: distinct('project'),
    models: distinct('model'),
    versions: distinct('version'),
    segments: distinct('segment'),
    streams: keys.map((key) => [key.project, key.model, key.version, key.segment].join('\n')),
  };
}
