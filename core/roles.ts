/** What a process can do in an installation of several; one of its own does all. */
export const ROLES = ['ingest', 'writer', 'embedder', 'analyzer', 'alerter'] as const;

export type Role = (typeof ROLES)[number];
