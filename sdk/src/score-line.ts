import { fitRecord } from './fit-record.ts';
import { plainCopy } from './plain-copy.ts';

/** Beside the judgement itself. */
export interface ScoreDetails {
  /** Who judged: a person, the name of a judge. */
  readonly source?: string;
  readonly comment?: string;
}

const COMMENT_MAX = 10_000;
const SOURCE_MAX = 200;

/** A line for each judgement; none for one that is not a finite number, true or false. */
export function scoreLines(
  id: string,
  scores: Readonly<Record<string, number | boolean>>,
  about: ScoreDetails & { project: string | undefined; nowMs: number },
): string[] {
  const copied = plainCopy({ id, scores }, { nodes: 1000, bytes: 0 });
  const limits = { textCharactersMax: COMMENT_MAX };
  const fitted = fitRecord(copied as Parameters<typeof fitRecord>[0], limits);
  if (fitted['id'] === undefined) return [];
  const { project, source, comment } = about;
  return Object.entries(fitted['scores'] ?? {}).map(([name, value]) =>
    JSON.stringify({
      inference_id: fitted['id'],
      name,
      value,
      timestamp: new Date(about.nowMs).toISOString(),
      project,
      source: source?.slice(0, SOURCE_MAX),
      comment: comment?.slice(0, COMMENT_MAX),
    }),
  );
}
