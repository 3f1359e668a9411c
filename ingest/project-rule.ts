import type { Fault } from '../core/record-fault.ts';

/** Which project the records of a body belong to. */
export interface ProjectRule {
  /** Of a record that names none. */
  readonly default: string;
  /** False: a record that names another one is refused. */
  readonly allowsOthers: boolean;
}

/** Where nobody asks who sends. */
export const ANY_PROJECT: ProjectRule = { default: 'default', allowsOthers: true };

/** Why a record may not go to the project that it names, or null; the name that was sent is not repeated. */
export function projectFault(rule: ProjectRule, named: string | undefined): Fault | null {
  if (rule.allowsOthers || named === undefined || named === rule.default) return null;
  return {
    field: 'project',
    reason: `expected ${JSON.stringify(rule.default)}, the project of this key, or none; got another`,
  };
}
