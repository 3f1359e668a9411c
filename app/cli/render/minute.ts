/** `2026-11-22 10:00Z`: an instant (ISO 8601) that reads the same wherever it is read. */
export const minuteText = (instant: string): string => `${instant.slice(0, 16).replace('T', ' ')}Z`;
