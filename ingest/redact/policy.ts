import type { OwnPattern } from './own-pattern.ts';

/** What is done with a value: its place shows the kind, or a keyed hash; the whole text goes; or it stays. */
export const ACTIONS = ['mask', 'hash', 'drop', 'keep'] as const;

export type Action = (typeof ACTIONS)[number];

/** Actions by kind or name of an own pattern. */
export type Actions = Readonly<Record<string, Action>>;

/** What is redacted, and how: plain data that can change threads. */
export interface RedactionPolicy {
  /** Of every project; what is not named is masked. */
  readonly actions: Actions;
  /** Of one project, before those of all. */
  readonly projects: Readonly<Record<string, Actions>>;
  readonly patterns: readonly OwnPattern[];
}

/** A policy, and the key of its hashes. */
export interface RedactionSetup extends RedactionPolicy {
  readonly key: string;
}

/** Without a file: everything that is found is masked. */
export const DEFAULT_POLICY: RedactionPolicy = { actions: {}, projects: {}, patterns: [] };

/** What is done with values of a kind in a project. */
export function actionFor(policy: RedactionPolicy, project: string, kind: string): Action {
  const own = Object.hasOwn(policy.projects, project) ? policy.projects[project] : undefined;
  if (own !== undefined && Object.hasOwn(own, kind)) return own[kind] ?? 'mask';
  return (Object.hasOwn(policy.actions, kind) ? policy.actions[kind] : undefined) ?? 'mask';
}
