// Precision and recall of the detectors on test/golden/redaction, for the test and for `npm run bench -- redaction`.
import { readFileSync } from 'node:fs';

/** The labelled texts of one half, `tune` or `final`. */
export function readGolden(half) {
  return readFileSync(new URL(`../golden/redaction/${half}.jsonl`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/**
 * By kind, and for all as `all`: a labelled span is found when one finding of its kind covers it; a finding is right when it
 * overlaps a labelled span of its kind. `wrong` and `missed` are examples.
 */
export function scoreOf(rows, find) {
  const scores = {};
  const of = (kind) => {
    scores[kind] ??= { labelled: 0, found: 0, findings: 0, right: 0, wrong: [], missed: [] };
    return scores[kind];
  };
  for (const { text, spans } of rows) {
    const findings = find(text);
    for (const span of spans) {
      const isFound = findings.some((finding) => covers(finding, span));
      for (const score of [of(span.kind), of('all')]) addLabelled(score, { text, span, isFound });
    }
    for (const finding of findings) {
      const isRight = spans.some((span) => overlaps(finding, span));
      for (const score of [of(finding.kind), of('all')]) addFinding(score, { text, finding, isRight });
    }
  }
  return scores;
}

function covers(finding, { kind, start, end }) {
  return finding.kind === kind && finding.start <= start && finding.end >= end;
}

function overlaps(finding, { kind, start, end }) {
  return finding.kind === kind && finding.start < end && finding.end > start;
}

function addLabelled(score, { text, span, isFound }) {
  score.labelled++;
  if (isFound) score.found++;
  else score.missed.push(`${span.kind} ${text.slice(span.start, span.end)} in: ${text}`);
}

function addFinding(score, { text, finding, isRight }) {
  score.findings++;
  if (isRight) score.right++;
  else score.wrong.push(`${finding.kind} ${text.slice(finding.start, finding.end)} in: ${text}`);
}
