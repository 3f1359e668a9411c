// Adds up vitest's JSON reports. Fails when a suite left no report, when a test failed, or when one was skipped:
// in CI a skipped test is a check that nobody makes.
import { readFileSync } from 'node:fs';

/** What the machines that run this cannot check, said aloud each time; README says so to users. Nothing else may be skipped. */
const NOT_VERIFIED = new Map([['runs on a GPU and agrees with numpy', 'there is no GPU']]);

let [passed, failed] = [0, 0];
const faults = [];
for (const suite of process.argv.slice(2)) {
  const report = read(suite);
  if (report === null) continue;
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  if (!report.success) faults.push(`the ${suite} suite did not succeed`);
  for (const file of report.testResults) {
    if (file.status === 'failed' && file.assertionResults.length === 0)
      faults.push(`${file.name}: did not load`);
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const reason = NOT_VERIFIED.get(fullName.trim());
      if (reason) process.stdout.write(`not verified here, ${reason}: ${fullName}\n`);
      else faults.push(`${status}: ${fullName}`);
    }
  }
}
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = faults.length === 0 && failed === 0 ? 0 : 1;

function read(suite) {
  try {
    return JSON.parse(readFileSync(`.reports/${suite}.json`, 'utf8'));
  } catch (error) {
    faults.push(`the ${suite} suite left no report (${error.message})`);
    return null;
  }
}
