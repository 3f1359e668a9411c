const DAY_MS = 86_400_000;

/** Unclosed incidents that one answer holds. */
export const OPEN_INCIDENTS_MAX = 100;
/** A signal whose last finding is older than this against the stream's last inference has none. */
export const FINDING_AGE_MS_MAX = 7 * DAY_MS;
