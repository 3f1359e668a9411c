import type { Score } from '../../core/score.ts';
import type { Content } from './content.ts';
import type { OtlpEncoding } from './decode.ts';
import type { Draft } from './span-record.ts';
import type { DecodeBounds } from './telemetry.ts';

export type OtlpSignal = 'traces' | 'logs';

export interface OtlpRequest {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  /** Whose data it is; the default project if absent. */
  readonly project?: string;
  readonly now: Date;
  readonly bounds: DecodeBounds;
}

/** A span or log record that was refused; its neighbours were not. */
export interface OtlpRejection {
  /** Place among the spans or log records of the request, from 0. */
  readonly index: number;
  readonly reason: string;
}

/** What the mapping of one signal gives, before it is written down. */
export interface Mapping {
  readonly inferences: readonly Placed<Draft>[];
  readonly scores: readonly Placed<Score>[];
  readonly contents: readonly Content[];
  readonly items: number;
  readonly ignored: number;
  readonly rejected: readonly OtlpRejection[];
}

export interface Placed<Item> {
  readonly item: Item;
  readonly index: number;
}
