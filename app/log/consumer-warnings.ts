/** What is wrong with a consumer while it is not in its group. */
export function consumerWarnings(
  what: string,
  { isMember, lastError }: { isMember: boolean; lastError: string | null },
): string[] {
  return isMember || lastError === null ? [] : [`${what}: ${lastError}`];
}
