import { valuesOfFindings } from './findings-panels.ts';
import { meanOverTime, quantileOverTime } from './over-time.ts';
import type { PanelRow } from './panel.ts';

/** Whether answers have the form that is asked of them. */
const FORM: PanelRow = {
  title: 'Form',
  panels: [
    meanOverTime('format_valid', {
      id: 'degradation-format-valid',
      number: 315,
      title: 'Share of valid formats',
      question: 'Of the answers that FORMATS_FILE asks a format of, how many have it?',
    }),
    meanOverTime('tool_call_invalid', {
      id: 'degradation-tool-calls',
      number: 316,
      title: 'Share of tool calls that cannot be called',
      question: 'Are tools called without a name, or with arguments that are no JSON object?',
    }),
    meanOverTime('looping', {
      id: 'degradation-looping',
      number: 317,
      title: 'Share of answers that end in a loop',
      question: 'Does the model say the same thing until it is stopped?',
    }),
  ],
};

/** Whether what answers say stands anywhere. */
const SUPPORT: PanelRow = {
  title: 'What answers rest on',
  panels: [
    quantileOverTime('groundedness', 0.5, {
      id: 'degradation-groundedness',
      number: 318,
      title: 'Groundedness, median',
      question: 'Do the answers follow from the context that they were given?',
    }),
    meanOverTime('unsupported_numbers', {
      id: 'degradation-unsupported-numbers',
      number: 319,
      title: 'Share of numbers that nothing supports',
      question: 'How many numbers stand neither in the context nor in the prompt?',
    }),
    valuesOfFindings("startsWith(signal, 'quality:')", 'after', {
      id: 'degradation-judged-quality',
      number: 320,
      title: 'Judged quality',
      question: 'What would people say of all answers, by their few scores and the judge’s many?',
      unit: 'share',
    }),
    valuesOfFindings("startsWith(signal, 'judge_bias:')", 'after', {
      id: 'degradation-judge-bias',
      number: 321,
      title: 'The judge above people',
      question: 'How much kinder than people is the judge? A change is the judge’s own.',
      unit: 'score',
    }),
  ],
};

/** Whether somebody tries to make the model do what it should not. */
const ATTACKS: PanelRow = {
  title: 'Misuse',
  panels: [
    meanOverTime('jailbreak', {
      id: 'degradation-jailbreak',
      number: 322,
      title: 'Share of prompts like a jailbreak',
      question: 'Do users try to talk the model out of its rules?',
    }),
    meanOverTime('injection', {
      id: 'degradation-injection',
      number: 323,
      title: 'Share of contexts like an injection',
      question: 'Is there an instruction in what was retrieved?',
    }),
  ],
};

/** Rows of the dashboard of degradation. */
export const MISUSE_ROWS: readonly PanelRow[] = [FORM, SUPPORT, ATTACKS];
