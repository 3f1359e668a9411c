import type { RecordFault } from '../ingest-path.ts';
import type { World } from './command.ts';

/** Faults told of one chunk; a file that is wrong from end to end would fill the screen. */
const FAULTS_TOLD = 5;

/** Says on standard error which records were left out, by file and line, and why. */
export function reportFaults(
  faults: readonly RecordFault[],
  { file, lines }: { file: string; lines: readonly number[] },
  world: World,
): void {
  for (const { index, field, reason } of faults.slice(0, FAULTS_TOLD)) {
    world.tell(`${file}:${lines[index] ?? '?'}: ${field === '' ? '' : `${field}: `}${reason}; left out\n`);
  }
  const more = faults.length - FAULTS_TOLD;
  if (more > 0) world.tell(`${file}: ${more} more records left out\n`);
}
