import { normalIsf } from '../stats/normal.ts';

/**
 * t with P(T > t) = p of Student's distribution, to 1e-3 relative from 3 degrees of freedom on, exact for 1 and 2.
 *
 * @param p in (0, .5]
 * @see Hill 1970, "Algorithm 396: Student's t-quantiles" (CACM 13)
 */
export function studentIsf(p: number, degrees: number): number {
  if (degrees <= 1) return 1 / Math.tan(Math.PI * p);
  if (degrees < 3) return Math.sqrt(2 / (4 * p * (1 - p))) * (1 - 2 * p);
  const n = degrees;
  const a = 1 / (n - 0.5);
  const b = (48 / a) * (1 / a);
  const c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * 2 * p) ** (2 / n);
  if (y <= 0.05 + a) {
    y =
      ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) *
        ((n + 1) / (n + 2)) +
      1 / y;
  } else {
    const x = -normalIsf(p);
    y = x * x;
    const e = n < 5 ? c + 0.3 * (n - 4.5) * (x + 0.6) : c;
    const f = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + e;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / f - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  }
  return Math.sqrt(n * y);
}
