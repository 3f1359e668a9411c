import { z } from 'zod';
import { DEFAULT_CANARY_OPTIONS } from '../../analyzers/gate/canary.ts';
import { GATE_FAMILIES } from '../../analyzers/gate/families.ts';
import { DEFAULT_GATE_OPTIONS, type GateOptions } from '../../analyzers/gate/gate.ts';
import { badDirection, type Margin } from '../../analyzers/gate/margins.ts';
import { askedSpan } from '../../core/asked-span.ts';
import { Duration } from '../../core/config-values.ts';
import { AppError } from '../../core/errors.ts';
import { type GateRowQuery, SELECTOR_COLUMNS, type Selector } from '../../sql/queries/gate-rows.ts';

const NAME = 'expected a name of 1 to 200 characters';
const Name = z.string(NAME).min(1, NAME).max(200, NAME);
const Conditions = z
  .record(Name, z.string().max(1_000))
  .refine((all) => Object.keys(all).length > 0, 'expected at least one condition, such as {"version": "a"}')
  .refine((all) => Object.keys(all).length <= 16, 'expected at most 16 conditions');
const SHARE = 'expected a share between 0 and 1, such as 0.05';
const Share = z.number(SHARE).gt(0, SHARE).lt(1, SHARE);
const Instant = z.iso.datetime({ offset: true, error: 'expected an instant, such as 2026-01-31T09:00:00Z' });
const ROWS = 'expected a whole number from 2 to 1000000';
const MARGIN = 'expected a difference, such as 0.01, or a share, such as "15%"';

/** Body of POST /v1/compare, and what `plumbline gate` makes of its options. */
const FIELDS = {
  project: Name.optional(),
  baseline: Conditions,
  candidate: Conditions,
  model: Name.optional(),
  since: Instant.optional(),
  until: Instant.optional(),
  last: Duration.optional(),
  pair_by: z.string().max(210).default('prompt'),
  max_regression: z
    .record(Name, z.union([z.number().nonnegative(), z.string().regex(/^\d+(\.\d+)?%$/)], MARGIN))
    .default({}),
  guard: z
    .array(Name)
    .min(1, 'expected at least one signal; without it all are guarded')
    .max(100, 'expected at most 100 signals')
    .optional(),
  family_wise: Share.default(DEFAULT_GATE_OPTIONS.familyWise),
  risk_of_passing: Share.default(DEFAULT_GATE_OPTIONS.riskOfPassing),
  min_rows: z.number(ROWS).int(ROWS).min(2, ROWS).max(1e6, ROWS).default(DEFAULT_GATE_OPTIONS.rowsMin),
  sequential: z
    .strictObject({
      id: z.string().regex(/^[\w.:-]{1,100}$/, 'expected letters, digits, ".", ":", "-" and "_"'),
      /** So much of each session is looked at, from its start, and so late; what arrives later is not seen. */
      settle: Duration.default(60_000),
      /** After this it is given up. */
      for: Duration.default(86_400_000),
      max_matches: z.number().int().min(1).max(1e7).default(DEFAULT_CANARY_OPTIONS.matchesMax),
    })
    .optional(),
};

const GateRequest = z.strictObject(FIELDS, {
  error: ({ code }) =>
    code === 'invalid_type'
      ? 'expected an object, such as {"baseline": {"version": "a"}, "candidate": {"version": "b"}}'
      : undefined,
});

export type GateRequest = z.infer<typeof GateRequest>;
/** As it is sent, before defaults and durations are read. */
export type GateRequestBody = z.input<typeof GateRequest>;

/** A request, checked. @throws AppError `invalid_input` that names every field at fault, as its sender calls it */
export function parseGateRequest(
  body: unknown,
  nameOf: (path: readonly string[]) => string = (path) => path.join('.'),
): GateRequest {
  const parsed = GateRequest.safeParse(body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${nameOf(path.map(String))}: ${message}`,
  );
  throw new AppError('invalid_input', faults.join('; '));
}

/** What a request asks of the store and of the comparison. */
export interface GatePlan {
  readonly project: string;
  readonly baseline: readonly Selector[];
  readonly candidate: readonly Selector[];
  readonly pairBy: GateRowQuery['pairBy'];
  /** Half-open [since, until). */
  readonly since: Date;
  readonly until: Date;
  readonly options: GateOptions;
}

/**
 * The plan of a request.
 *
 * @param project the one that the caller may read; empty: any
 * @throws AppError `invalid_input` that names what is not understood, `forbidden` for another project
 */
export function planOf(request: GateRequest, { project, now }: { project: string; now: Date }): GatePlan {
  if (project !== '' && request.project !== undefined && request.project !== project)
    throw new AppError('forbidden', `this key reaches project ${project} alone`);
  const model = request.model === undefined ? [] : [selectorOf('model', request.model)];
  const selectors = (conditions: Readonly<Record<string, string>>): Selector[] => [
    ...model,
    ...Object.entries(conditions).map(([name, value]) => selectorOf(name, value)),
  ];
  return {
    project: project || (request.project ?? ''),
    baseline: selectors(request.baseline),
    candidate: selectors(request.candidate),
    pairBy: pairByOf(request.pair_by),
    ...askedSpan(request, now),
    options: {
      margins: marginsOf(request.max_regression),
      guard: request.guard?.map(checkedSignal) ?? null,
      familyWise: request.family_wise,
      riskOfPassing: request.risk_of_passing,
      rowsMin: request.min_rows,
      families: GATE_FAMILIES,
    },
  };
}

const MAPS = { attribute: 'attributes', group: 'groups' } as const;

function selectorOf(name: string, value: string): Selector {
  return { ...fieldOf(name), value };
}

function fieldOf(name: string): Omit<Selector, 'value'> {
  const column = SELECTOR_COLUMNS.find((known) => known === name);
  if (column) return { field: column, key: '' };
  const [kind = '', ...rest] = name.split('.');
  const key = rest.join('.');
  if (Object.hasOwn(MAPS, kind) && key !== '') return { field: MAPS[kind as keyof typeof MAPS], key };
  throw new AppError(
    'invalid_input',
    `there is nothing called ${name} to select by: expected ${SELECTOR_COLUMNS.join(', ')}, attribute.NAME or group.NAME`,
  );
}

function pairByOf(text: string): GatePlan['pairBy'] {
  return text === 'prompt' || text === 'none' ? text : fieldOf(text);
}

/** Margins as they are written: `0.01` in the signal's unit, `15%` of what it was. */
export function marginsOf(given: Readonly<Record<string, number | string>>): Map<string, Margin> {
  return new Map(
    Object.entries(given).map(([signal, value]) => [
      checkedSignal(signal),
      typeof value === 'number'
        ? { kind: 'difference', value }
        : { kind: 'ratio', value: Number.parseFloat(value) / 100 },
    ]),
  );
}

function checkedSignal(signal: string): string {
  let direction: number;
  try {
    direction = badDirection(signal);
  } catch {
    throw new AppError('invalid_input', `there is no signal ${signal}; docs/signals.md lists them`);
  }
  if (direction === 0)
    throw new AppError(
      'invalid_input',
      `${signal} cannot get worse: neither a rise nor a fall is a regression`,
    );
  return signal;
}
