import { expect, it } from 'vitest';
import { monitorOf, priorityOf, watches } from '../core/monitor.ts';
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
  const { monitors } = parseMonitorsFile(text, 'm.yaml');
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

it('says which streams matter more: the first that fits', () => {
  const { monitors, streamPriorities } = parseMonitorsFile(
    `
streams:
  - { model: 'gpt-*', segment: 'plan=pro', priority: 4 }
  - { model: 'gpt-*', priority: 2 }
  - { segment: 'plan=*', priority: 0.5 }`,
    'm.yaml',
  );
  expect(monitors).toEqual(defaultMonitors());
  const of = (model: string, segment: string) =>
    priorityOf(streamPriorities, { project: 'p', model, version: '1', segment });
  expect([of('gpt-4', 'plan=pro'), of('gpt-4', ''), of('gpt-4', 'plan=free')]).toEqual([4, 2, 2]);
  expect([of('llama', 'plan=pro'), of('llama', ''), of('my-gpt-4', '')]).toEqual([0.5, 1, 1]);
});

it('tells what is wrong with streams, with its place', () => {
  const faultOf = (entry: string) => () => parseMonitorsFile(`streams: [${entry}]`, 'm.yaml');
  expect(faultOf('{ priority: 2 }')).toThrow('m.yaml:1:11: expected which streams: project, model');
  expect(faultOf('{ model: a }')).toThrow('m.yaml:1:11:');
  expect(faultOf('{ model: a, priority: 0 }')).toThrow('m.yaml:1:33:');
  expect(faultOf('{ modle: a, priority: 2 }')).toThrow('there is no modle here (did you mean model?)');
  expect(faultOf('{ segment: plan, priority: 2 }')).toThrow(
    'm.yaml:1:22: no segment is called plan: expected attribute=value, such as plan=*',
  );
});
