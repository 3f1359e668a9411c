/** Whether brackets are nested deeper than `max` in a JSON value. Goes no deeper itself. */
export function isDeeperThan(value: unknown, max: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (max === 0) return true;
  for (const item of Object.values(value)) if (isDeeperThan(item, max - 1)) return true;
  return false;
}
