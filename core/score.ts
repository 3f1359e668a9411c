import { FINITE, NO_CONTROL_CHARACTERS, type RecordSchema } from './record-schema.ts';

/** A judgement attached to an inference later. The last one under a name counts. */
export interface Score {
  readonly inference_id: string;
  readonly name: string;
  readonly value: number;
  readonly project?: string;
  /** RFC 3339 with a time zone; the moment of arrival if absent. */
  readonly timestamp?: string;
  readonly source?: string;
  readonly comment?: string;
}

const key = (description: string, maxLength: number) =>
  ({ type: 'string', description, minLength: 1, maxLength, pattern: NO_CONTROL_CHARACTERS }) as const;

export const SCORE_SCHEMA: RecordSchema<Score> = {
  title: 'Score',
  description: 'A judgement attached to an inference: feedback, an evaluator, a ground truth.',
  required: ['inference_id', 'name', 'value'],
  exclusive: [],
  extras: null,
  properties: {
    inference_id: key('Id of the inference.', 256),
    name: key('What is judged: correct, thumbs …', 200),
    value: { ...FINITE, description: 'The judgement; higher is better.' },
    project: key('Project of the inference; "default" if absent.', 200),
    timestamp: {
      type: 'string',
      description: 'When it was judged: RFC 3339 with a time zone; now if absent.',
      maxLength: 40,
      format: 'date-time',
    },
    source: { type: 'string', description: 'Who judged.', maxLength: 200 },
    comment: { type: 'string', description: 'Why.', maxLength: 10_000 },
  },
};
