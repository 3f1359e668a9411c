import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { AppError } from '../../core/errors.ts';
import type { Inference } from '../../core/inference.ts';
import type { RedactionSetup } from '../../ingest/redact/policy.ts';
import { createRedactor } from '../../ingest/redact/redactor.ts';
import { chatLineOf, textOfLine } from './chat-line.ts';
import { createDuplicates } from './duplicates.ts';
import { partOf, type SplitPart } from './split.ts';

export type LeftOut =
  | 'error'
  | 'no_prompt'
  | 'no_answer'
  | 'exact_duplicate'
  | 'near_duplicate'
  | 'not_redacted';

export interface ExportSummary {
  readonly read: number;
  /** Lines by part. */
  readonly written: Readonly<Record<string, number>>;
  readonly left_out: Readonly<Record<LeftOut, number>>;
}

export interface ExportOptions {
  /** Made if it is not there; a file of a part is replaced, whole. */
  readonly folder: string;
  readonly parts: readonly SplitPart[];
  /** Null: the project's texts go out as they are stored. */
  readonly redaction: RedactionSetup | null;
  readonly onProgress: (read: number) => void;
}

type StoredInference = Inference & { readonly id: string; readonly project: string };

/** Writes records as fine-tuning data, one file a part. The same records in the same order give the same bytes. */
export async function exportRecords(
  records: AsyncIterable<StoredInference>,
  options: ExportOptions,
): Promise<ExportSummary> {
  const { parts } = options;
  await mkdir(options.folder, { recursive: true });
  const written = Object.fromEntries(parts.map(({ name }) => [name, 0]));
  const leftOut: Record<LeftOut, number> = {
    error: 0,
    no_prompt: 0,
    no_answer: 0,
    exact_duplicate: 0,
    near_duplicate: 0,
    not_redacted: 0,
  };
  const files = new Map(parts.map(({ name }) => [name, createWriteStream(partFile(options, name, '.part'))]));
  const lineOf = createLineMaker(options.redaction);
  let read = 0;
  for await (const record of records) {
    read++;
    const line = lineOf(record);
    if (typeof line !== 'string') {
      leftOut[line.leftOut]++;
      continue;
    }
    const part = partOf(`${record.project}\0${record.session ?? record.id}`, parts);
    await write(files.get(part), `${line}\n`);
    written[part] = (written[part] ?? 0) + 1;
    options.onProgress(read);
  }
  for (const [name, file] of files) {
    file.end();
    await finished(file);
    await rename(partFile(options, name, '.part'), partFile(options, name, ''));
  }
  return { read, written, left_out: leftOut };
}

const partFile = ({ folder }: ExportOptions, name: string, end: string): string =>
  join(folder, `${name}.jsonl${end}`);

function createLineMaker(
  setup: RedactionSetup | null,
): (record: StoredInference) => string | { leftOut: LeftOut } {
  const redactor = setup && createRedactor(setup, () => performance.now());
  const duplicates = createDuplicates();
  return (record) => {
    let clean: Inference = record;
    try {
      if (redactor) clean = redactor.inference(record, record.project);
    } catch {
      // Whatever the reason: what could not be looked through does not go out.
      return { leftOut: 'not_redacted' };
    }
    const line = chatLineOf(clean);
    if ('leftOut' in line) return line;
    const kind = duplicates.kindOf(textOfLine(line));
    return kind === 'new' ? JSON.stringify(line) : { leftOut: `${kind}_duplicate` };
  };
}

async function write(file: WriteStream | undefined, text: string): Promise<void> {
  if (!file) throw new AppError('invalid_input', 'there is no part to write to');
  if (!file.write(text)) await once(file, 'drain');
}
