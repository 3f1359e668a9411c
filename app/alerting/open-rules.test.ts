import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../core/log.ts';
import { type OpenRules, openRules } from './open-rules.ts';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const log = createLogger('silent');
const TEXT = (name: string) => `rules:\n  - name: ${name}\n`;
let file = '';
let count = 0;
beforeEach(() => {
  file = join(folder, `rules-${count++}.yaml`);
});

async function withRules(work: (rules: OpenRules) => Promise<void>): Promise<void> {
  const rules = openRules({ ALERTS_FILE: file, ALERTS_REFRESH: 20 }, { env: { TEAM: 'nlp' }, log });
  rules.start();
  try {
    await work(rules);
  } finally {
    await rules.stop();
  }
}
const names = (rules: OpenRules) => rules.current().rules.map(({ name }) => name);

describe('openRules', () => {
  it('has the default rules without a file', () => {
    const rules = openRules({ ALERTS_FILE: undefined, ALERTS_REFRESH: 20 }, { env: {}, log });
    expect(names(rules)).toContain('quality');
    expect(rules.warnings()).toEqual([]);
  });

  it.each([
    ['is not there', null],
    ['has faults', 'rules: 1'],
  ])('does not start with a file that %s', (_, text) => {
    if (text !== null) writeFileSync(file, text);
    expect(() => openRules({ ALERTS_FILE: file, ALERTS_REFRESH: 20 }, { env: {}, log })).toThrow(file);
  });

  it('follows a file that is written, replaced, and linked anew', async () => {
    writeFileSync(file, TEXT('one'));
    await withRules(async (rules) => {
      const first = rules.current();
      writeFileSync(file, TEXT('two'));
      await vi.waitFor(() => expect(names(rules)).toEqual(['two']));
      expect(rules.current()).not.toBe(first);
      writeFileSync(`${file}.new`, TEXT('three'));
      renameSync(`${file}.new`, file);
      await vi.waitFor(() => expect(names(rules)).toEqual(['three']));
      writeFileSync(`${file}.target`, TEXT('four'));
      unlinkSync(file);
      symlinkSync(`${file}.target`, file);
      await vi.waitFor(() => expect(names(rules)).toEqual(['four']));
      expect(rules.warnings()).toEqual([]);
    });
  });

  it('keeps the rules before a broken file, says so, and goes on when it is mended', async () => {
    writeFileSync(file, TEXT('one'));
    await withRules(async (rules) => {
      const before = rules.current();
      writeFileSync(file, 'rules:\n  - nam: one\n');
      await vi.waitFor(() => expect(rules.warnings()).toHaveLength(1));
      expect(rules.warnings()[0]).toContain(`${file}:2:5: there is no nam here`);
      expect(rules.current()).toBe(before);
      unlinkSync(file);
      await vi.waitFor(() => expect(rules.warnings()[0]).toContain('cannot read'));
      expect(rules.current()).toBe(before);
      writeFileSync(file, TEXT('two'));
      await vi.waitFor(() => expect(names(rules)).toEqual(['two']));
      expect(rules.warnings()).toEqual([]);
    });
  });
});
