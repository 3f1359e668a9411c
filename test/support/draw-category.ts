/** A category by its share; what the shares do not add up to is `rest`. */
export function drawCategory(shares: Readonly<Record<string, number>>, random: () => number): string {
  let left = random();
  for (const [name, share] of Object.entries(shares)) {
    left -= share;
    if (left < 0) return name;
  }
  return 'rest';
}
