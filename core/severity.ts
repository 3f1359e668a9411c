/** How urgent, rising. `info`: to be read, `warning`: in working hours, `critical`: now. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Positive if `a` is more urgent than `b`; for sorting. */
export const compareSeverity = (a: Severity, b: Severity): number =>
  SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b);
