import { expect, it } from 'vitest';
import { monitorOf, watches } from '../core/monitor.ts';
import { SIGNALS } from '../core/signals.ts';
import { defaultMonitors, parseMonitorsFile } from './monitors-file.ts';

it('has a default monitor for every signal, and for scores and disparities', () => {
  for (const { name, family } of SIGNALS)
    expect(monitorOf(defaultMonitors(), { signal: name, family }), name).not.toBeNull();
  const named = (signal: string, family: 'bias' | 'degradation') =>
    monitorOf(defaultMonitors(), { signal, family })?.name;
  expect(named('score:correct', 'degradation')).toBe('scores');
  expect(named('disparity:refusal', 'bias')).toBe('fairness');
});

it('lets the first that names a signal govern it, and adds the default ones when asked', () => {
  const text = `
default_monitors: true
monitors:
  - { name: refusals, signals: refusal, segments: [plan], priority: 3, minimum_effect: 0.02 }
  - { name: prompts, on: false, signals: 'prompt_*' }`;
  const monitors = parseMonitorsFile(text, 'm.yaml');
  const refusals = monitorOf(monitors, { signal: 'refusal', family: 'degradation' });
  expect(refusals).toMatchObject({ priority: 3, minimumEffect: 0.02, detectors: null });
  expect(monitors.filter(({ name }) => name === 'refusals')).toHaveLength(1);
  expect(['', 'plan=pro', 'region=eu'].map((segment) => refusals && watches(refusals, { segment }))).toEqual([
    true,
    true,
    false,
  ]);
  const prompts = monitorOf(monitors, { signal: 'prompt_characters', family: 'drift' });
  expect(prompts && watches(prompts, { segment: '' })).toBe(false);
  expect(monitors.length).toBeGreaterThan(5);
});

it('tells every fault with its place, and what was meant', () => {
  const text = `
monitors:
  - name: a
    signals: [refusl]
    detector: magic
  - name: b
    minimum_efect: 3
    baseline: yesterday
    priority: 0`;
  const message = (() => {
    try {
      parseMonitorsFile(text, 'm.yaml');
      return '';
    } catch (error) {
      return String(error);
    }
  })();
  expect(message).toContain('m.yaml:5:15:');
  expect(message).toContain('m.yaml:7:5: there is no minimum_efect here (did you mean minimum_effect?)');
  expect(message).toContain('m.yaml:8:15: expected trailing, previous');
  expect(message).toContain('m.yaml:9:15:');
  expect(() => parseMonitorsFile('monitors: [{ name: a, signals: [refusl] }]', 'm.yaml')).toThrow(
    'm.yaml:1:33: there is no signal refusl (did you mean refusal?)',
  );
});
