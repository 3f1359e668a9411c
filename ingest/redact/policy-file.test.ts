import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actionFor } from './policy.ts';
import { parsePolicy } from './policy-file.ts';

const faultsOf = (text: string): string => {
  try {
    parsePolicy(text, 'r.yaml');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const pattern = (source: string): string => `patterns:\n  - name: mine\n    pattern: '${source}'\n`;

describe('parsePolicy', () => {
  it('masks everything when it says nothing', () => {
    const policy = parsePolicy('', 'r.yaml');
    expect(policy).toEqual({ actions: {}, projects: {}, patterns: [] });
    expect(actionFor(policy, 'p', 'email')).toBe('mask');
  });

  it('reads the example of docs/redaction.md', () => {
    const document = readFileSync(new URL('../../docs/redaction.md', import.meta.url), 'utf8');
    const example = /```yaml redaction\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
    const policy = parsePolicy(example, 'docs/redaction.md');
    expect(policy.patterns.map(({ name }) => name)).toEqual(['employee', 'ticket']);
    expect(actionFor(policy, 'any', 'email')).toBe('hash');
    expect(actionFor(policy, 'any', 'card')).toBe('mask');
    expect(actionFor(policy, 'any', 'employee')).toBe('mask');
    expect(actionFor(policy, 'support', 'ticket')).toBe('keep');
    expect(actionFor(policy, 'medical', 'national_id')).toBe('drop');
  });

  it.each([
    ['an action that is none', 'actions:\n  email: hide', 'r.yaml:2:10: '],
    [
      'a kind that is none',
      'actions:\n  emial: mask',
      'r.yaml:2:3: there is no kind emial (did you mean email?)',
    ],
    [
      'a kind of a project',
      'projects:\n  p:\n    phon: mask',
      'r.yaml:3:5: there is no kind phon (did you mean phone?)',
    ],
    [
      'a setting that is none',
      'action:\n  email: mask',
      'r.yaml:1:1: there is no action here (did you mean actions?)',
    ],
    [
      'a name that is taken',
      'patterns:\n  - name: email\n    pattern: x',
      'r.yaml:2:11: expected a name of its own',
    ],
    [
      'a name twice',
      `${pattern('x')}  - name: mine\n    pattern: y`,
      'r.yaml:4:11: expected a name of its own',
    ],
    ['no regular expression', pattern('('), 'r.yaml:3:14: Invalid regular expression'],
    [
      'a pattern that matches nothing',
      pattern('a*'),
      'r.yaml:3:14: expected a pattern that does not match nothing',
    ],
    [
      'exponential time',
      pattern('^b(a+)+$'),
      'r.yaml:3:18: expected a pattern that takes time in proportion',
    ],
    ['quadratic time', pattern('[0-9]+x'), 'r.yaml:3:15: expected a pattern that takes time in proportion'],
  ])('refuses with line and column: %s', (_, text, message) => {
    expect(faultsOf(text)).toContain(message);
  });

  it('takes patterns that are bounded', () => {
    for (const source of ['EMP-[0-9]{6}', String.raw`\bcust_[a-z0-9]{8,20}\b`])
      expect(faultsOf(pattern(source))).toBe('');
  });
});
