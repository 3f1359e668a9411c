/** A group's effect on a scale where 0 is none, and its standard error. */
export interface NoisyEffect {
  readonly effect: number;
  readonly error: number;
}

/** Below this the spread of effects among groups cannot be told from their noise. */
const GROUPS_MIN = 3;

/**
 * Effects drawn towards none, each by as much as it is noise: with many small groups the largest is large by chance, and
 * empirical Bayes takes that off. With one or two groups there is nothing to learn from, and they stay as they are.
 *
 * @param effects a non-finite effect or error stays as it is, and tells nothing of the others
 * @see Efron & Morris (1975); the spread by the method of moments (DerSimonian & Laird, 1986) around 0
 */
export function shrunk(effects: readonly NoisyEffect[]): number[] {
  const usable = effects.filter(
    ({ effect, error }) => Number.isFinite(effect) && Number.isFinite(error) && error > 0,
  );
  if (usable.length < GROUPS_MIN) return effects.map(({ effect }) => effect);
  let [excess, precision] = [-usable.length, 0];
  for (const { effect, error } of usable) {
    excess += (effect / error) ** 2;
    precision += 1 / error ** 2;
  }
  const variance = Math.max(0, excess) / precision;
  return effects.map((one) =>
    usable.includes(one) ? (one.effect * variance) / (variance + one.error ** 2) : one.effect,
  );
}
