import { randomUUID } from 'node:crypto';
import type { Session } from 'chdb';
import { AppError } from '../../core/errors.ts';
import { formatOf, forbiddenCalls as readForbidden } from './allowed.ts';
import { withRevision } from './native-blocks.ts';
import { READER_ROLE } from './roles.ts';
import { checkSettings, type ReaderBounds, type Setting } from './settings.ts';
import { checkStatement } from './statement.ts';

/** What a stranger asks. */
export interface ReaderQuery {
  readonly text: string;
  /** Values of `{name: Type}`, as ClickHouse's HTTP interface takes them. */
  readonly params: ReadonlyMap<string, string>;
  readonly settings: readonly Setting[];
  /** Where the statement names none. */
  readonly format: string;
  /** Of the protocol that the caller reads blocks by; 0: none. */
  readonly revision: number;
}

export type ReaderAnswer =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      readonly format: string;
      readonly rowsRead: number;
      readonly bytesRead: number;
      readonly elapsedMs: number;
    }
  /** As ClickHouse says it: its code, and the text behind `DB::Exception: `. */
  | { readonly ok: false; readonly code: number; readonly message: string };

/** Reads the embedded store for strangers, within bounds. */
export interface Reader {
  readonly version: string;
  readonly timezone: string;
  /** Resolves also for a query at fault; one whose signal is aborted is ended in the engine. */
  run(query: ReaderQuery, signal: AbortSignal): Promise<ReaderAnswer>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * A reader on an embedded store that is open in this process with `hasReader`.
 *
 * @throws AppError `upstream_unavailable` where the engine runs without the reader's role
 */
export async function openReader(path: string, bounds: ReaderBounds): Promise<Reader> {
  const { Session } = await import('chdb');
  const control = new Session(path);
  const running = new Set<Promise<unknown>>();
  try {
    const forbiddenCalls = await readForbidden(control);
    const { version, timezone } = await aboutEngine(control);
    return {
      version,
      timezone,
      run(query, signal) {
        const work = answer(new Session(path), query, { control, bounds, forbiddenCalls, signal });
        running.add(work);
        return work.finally(() => running.delete(work));
      },
      async close() {
        await Promise.allSettled(running);
        control.close();
      },
    };
  } catch (error) {
    control.close();
    throw error;
  }
}

async function aboutEngine(session: Session): Promise<{ version: string; timezone: string }> {
  const result = await session.queryAsync(
    `SELECT version() AS version, timezone() AS timezone, has(enabledRoles(), '${READER_ROLE}') AS isReady`,
    { format: 'JSON' },
  );
  const [about] = result.json<{ data: { version: string; timezone: string; isReady: number }[] }>().data;
  if (!about?.isReady)
    throw new AppError('upstream_unavailable', 'the engine was opened without the role of the reader');
  return about;
}

interface Circumstances {
  readonly control: Session;
  readonly bounds: ReaderBounds;
  readonly forbiddenCalls: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

async function answer(
  session: Session,
  query: ReaderQuery,
  { control, bounds, forbiddenCalls, signal }: Circumstances,
): Promise<ReaderAnswer> {
  const id = randomUUID();
  try {
    const checked = checkStatement(query.text, { forbiddenCalls, params: query.params });
    if (!checked.ok) return refused(checked);
    const settings = checkSettings([...query.settings, ...checked.settings], bounds);
    if (!settings.ok) return refused(settings);
    const format = formatOf(checked.format ?? query.format);
    if (format === null)
      return refused({
        code: 73,
        reason: `Unknown format ${checked.format ?? query.format}. (UNKNOWN_FORMAT)`,
      });
    if (signal.aborted) return CANCELLED;
    await prepare(session, { params: query.params, settings: settings.settings, bounds, id });
    const result = await killable(() => session.queryAsync(checked.text, { format }), {
      control,
      signal,
      id,
    });
    const bytes = result.bytes();
    if (bytes.length > bounds.resultBytesMax) return tooLarge(bytes.length, bounds);
    return {
      ok: true,
      bytes: format === 'Native' ? withRevision(bytes, query.revision) : bytes,
      format,
      rowsRead: result.rowsRead,
      bytesRead: result.bytesRead,
      elapsedMs: result.elapsed * 1_000,
    };
  } catch (error) {
    return failed(error);
  } finally {
    session.close();
  }
}

interface Preparation {
  readonly params: ReadonlyMap<string, string>;
  readonly settings: readonly Setting[];
  readonly bounds: ReaderBounds;
  readonly id: string;
}

/** Bytes of a statement that the engine parses: above what a request can hold. */
const STATEMENT_BYTES_MAX = 8 * 2 ** 20;
/** What is sorted or grouped beyond the memory may go to disk; this much. */
const SPILL_BYTES_MAX = 2 ** 30;

/** Takes the rights away last: from then on the session cannot set anything, and not get them back. */
async function prepare(session: Session, { params, settings, bounds, id }: Preparation): Promise<void> {
  // Alone, since the text of the next statement is bounded by it.
  await session.queryAsync(`SET max_query_size = ${STATEMENT_BYTES_MAX}`);
  const bound: Record<string, string | number> = {
    max_execution_time: bounds.timeMsMax / 1_000,
    max_memory_usage: bounds.memoryBytesMax,
    max_result_rows: bounds.resultRowsMax,
    max_result_bytes: bounds.resultBytesMax,
    max_threads: bounds.threadsMax,
    ...Object.fromEntries(settings),
    log_comment: id,
    result_overflow_mode: 'throw',
    timeout_overflow_mode: 'throw',
    max_temporary_data_on_disk_size_for_query: SPILL_BYTES_MAX,
    allow_ddl: 0,
    allow_introspection_functions: 0,
    implicit_select: 0,
    ...Object.fromEntries([...params].map(([name, value]) => [`param_${name}`, value])),
  };
  const set = Object.entries(bound).map(
    ([name, value]) => `${quoted(name, '`')} = ${quoted(String(value), "'")}`,
  );
  await session.queryAsync(`SET ${set.join(', ')}; SET ROLE ${READER_ROLE}; SET readonly = 1`);
}

/** Runs a query of this id; when the signal is aborted the engine ends it, and so this does. */
async function killable<T>(
  run: () => Promise<T>,
  { control, signal, id }: Pick<Circumstances, 'control' | 'signal'> & { id: string },
): Promise<T> {
  const kill = (): void => {
    control
      .queryAsync(`KILL QUERY WHERE Settings['log_comment'] = '${id}' ASYNC`)
      // It has ended by itself, or does by its own bound on time.
      .catch(() => {});
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await run();
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

const CANCELLED = { ok: false, code: 394, message: 'Query was cancelled. (QUERY_WAS_CANCELLED)' } as const;

function tooLarge(bytes: number, { resultBytesMax }: ReaderBounds): ReaderAnswer {
  const message = `Limit for result exceeded, max bytes: ${resultBytesMax}, current bytes: ${bytes}. (TOO_MANY_ROWS_OR_BYTES)`;
  return { ok: false, code: 396, message };
}

const refused = ({ code, reason }: { code: number; reason: string }): ReaderAnswer => ({
  ok: false,
  code,
  message: reason,
});

/** The engine's own words. @throws what is no word of the engine: that is a fault of ours */
function failed(error: unknown): ReaderAnswer {
  if (error instanceof AppError)
    return { ok: false, code: 48, message: `${error.message}. (NOT_IMPLEMENTED)` };
  const text = error instanceof Error ? error.message : '';
  const [, code, message] = /Code: (\d+)\. DB::Exception: ([\s\S]+)/.exec(text) ?? [];
  if (code === undefined || message === undefined) throw error;
  return { ok: false, code: Number(code), message };
}

function quoted(text: string, mark: string): string {
  return `${mark}${text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`)}${mark}`;
}
