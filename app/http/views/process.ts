import type { ProcessLine } from '../../../dashboards/page/api-views.ts';
import type { LoopHealth } from '../../loop.ts';
import type { Readiness } from '../health.ts';

/** What this process knows of itself, as JSON carries it. */
export function processLine(
  { ready, checks, warnings }: Readiness,
  { loops, figures }: { loops: readonly LoopHealth[]; figures: ProcessLine['figures'] },
): ProcessLine {
  return {
    ready,
    warnings,
    checks: Object.entries(checks).map(([name, check]) => ({
      name,
      ok: check.ok,
      reason: check.ok ? '' : check.reason,
    })),
    loops: loops.map(({ lastSuccessAt, ...loop }) => ({
      ...loop,
      lastSuccessAt: lastSuccessAt?.toISOString() ?? null,
    })),
    figures,
  };
}
