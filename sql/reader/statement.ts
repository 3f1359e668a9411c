import type { Setting } from './settings.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A statement that may run, and what it asks for beside its rows. */
export interface CheckedStatement {
  readonly ok: true;
  /** Without its outermost SETTINGS and FORMAT, and without a semicolon. */
  readonly text: string;
  readonly settings: readonly Setting[];
  /** Null where the statement names none. */
  readonly format: string | null;
}

export type StatementCheck =
  | CheckedStatement
  | { readonly ok: false; readonly code: number; readonly reason: string };

export interface StatementRules {
  /** In lower case: names that may not be called. */
  readonly forbiddenCalls: ReadonlySet<string>;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * Whether a statement only reads what it may; what the engine itself holds (rights, readonly) is not doubled here. Of
 * the rest: one statement, of those that read; no file or network; no table of `system` that tells of other queries; no
 * SETTINGS but the outermost, which is taken out of the text, since the engine does not check those of a subquery.
 */
export function checkStatement(text: string, { forbiddenCalls, params }: StatementRules): StatementCheck {
  if (text.includes('\0')) return refuse(62, 'Syntax error: a zero byte is not taken');
  const read = tokensOf(text);
  if (!read.ok) return refuse(62, `${read.reason}. (SYNTAX_ERROR)`);
  const tokens = withoutEnd(read.tokens);
  const fault = statementFault(tokens) ?? callFault(tokens, forbiddenCalls) ?? systemFault(tokens, params);
  if (fault) return fault;
  const { tokens: bare, settings, format } = takeClauses(tokens);
  if (bare.some((token, at) => isWord(token, 'SETTINGS') && bare[at + 2]?.text === '='))
    return refuse(164, 'SETTINGS of a part of a query cannot be set in readonly mode. (READONLY)');
  return { ok: true, text: textOf(text, bare), settings, format };
}

const READING = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'EXISTS']);
/** SHOW PROCESSLIST, ACCESS, USERS, CLUSTERS and the like tell of others. */
const SHOWN = new Set(['TABLES', 'DATABASES', 'COLUMNS', 'FIELDS', 'CREATE', 'TABLE', 'FULL', 'FUNCTIONS']);

function statementFault(tokens: readonly Token[]): StatementCheck | null {
  const first = tokens.find(({ text }) => text !== '(');
  if (!first) return refuse(62, 'Empty query. (SYNTAX_ERROR)');
  if (tokens.some(({ text, kind }) => kind === 'sign' && text === ';'))
    return refuse(62, 'Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)');
  const verb = first.kind === 'word' ? first.text.toUpperCase() : first.text;
  if (!READING.has(verb))
    return refuse(
      164,
      `Cannot execute query in readonly mode: ${verb.slice(0, 40)} is not taken. (READONLY)`,
    );
  const shown = tokens[1]?.text.toUpperCase() ?? '';
  if (verb === 'SHOW' && !SHOWN.has(shown)) return denied(`SHOW ${shown.slice(0, 40)}`);
  if (tokens.some((token, at) => isWord(token, 'INTO') && isWord(tokens[at + 1], 'OUTFILE')))
    return refuse(358, 'INTO OUTFILE is not allowed. (INTO_OUTFILE_NOT_ALLOWED)');
  return null;
}

function callFault(tokens: readonly Token[], forbidden: ReadonlySet<string>): StatementCheck | null {
  for (const [at, token] of tokens.entries()) {
    // `* APPLY f` calls by a bare name.
    if (isWord(token, 'APPLY')) return denied('APPLY');
    if (!isName(token) || tokens[at + 1]?.text !== '(') continue;
    const name = token.text.toLowerCase();
    if (forbidden.has(name)) return denied(token.text);
  }
  return null;
}

/** What the builders of Grafana's plugin ask, and what says how large tables are. Not: processes, errors, users, logs. */
const SYSTEM_TABLES = new Set([
  'asynchronous_metrics',
  'columns',
  'databases',
  'data_type_families',
  'events',
  'formats',
  'functions',
  'metrics',
  'numbers',
  'numbers_mt',
  'one',
  'parts',
  'settings',
  'tables',
  'time_zones',
]);

function systemFault(tokens: readonly Token[], params: ReadonlyMap<string, string>): StatementCheck | null {
  const names = tokens.map((token, at) => boundName(tokens, at, params) ?? nameOf(token));
  for (const [at, name] of names.entries()) {
    if (name === null || !/^system(\.|$)/i.test(name)) continue;
    const table = name.includes('.') ? name.slice('system.'.length) : tableAfter(tokens, names, at);
    if (table !== null && !SYSTEM_TABLES.has(table)) return denied(`system.${table}`);
  }
  return null;
}

/** The name after a database's; null where `system` is no database, but a column or an alias. */
function tableAfter(tokens: readonly Token[], names: readonly (string | null)[], at: number): string | null {
  const isBound = tokens[at]?.text === '{';
  const dot = isBound ? at + BOUND_TOKENS : at + 1;
  if (tokens[dot]?.text === '.') return names[dot + 1] ?? '';
  const before = tokens[at - 1];
  // `SHOW TABLES FROM system` and the like: the database alone.
  return isBound || (before && /^(FROM|IN|DATABASE|USE)$/i.test(before.text)) ? '' : null;
}

/** `{ name : Identifier }` */
const BOUND_TOKENS = 5;

function boundName(tokens: readonly Token[], at: number, params: ReadonlyMap<string, string>): string | null {
  const [open, name, colon, type] = tokens.slice(at, at + BOUND_TOKENS);
  if (open?.text !== '{' || colon?.text !== ':' || !isWord(type, 'IDENTIFIER')) return null;
  return (params.get(name?.text ?? '') ?? '').replace(/[`"\s]/g, '');
}

/** The outermost `SETTINGS a = 1, b = 'x'` and `FORMAT name`, which stand at the end in either order. */
function takeClauses(tokens: readonly Token[]) {
  let bare = tokens;
  const settings: Setting[] = [];
  let format: string | null = null;
  for (let turn = 0; turn < 2; turn++) {
    const [word, name] = bare.slice(-2);
    if (format === null && isWord(word, 'FORMAT') && name?.kind === 'word' && bare.length > 2) {
      format = name.text;
      bare = bare.slice(0, -2);
    }
    const taken = settingsAtEnd(bare);
    if (taken === null) continue;
    settings.push(...taken.settings);
    bare = bare.slice(0, taken.start);
  }
  return { tokens: bare, settings, format };
}

function settingsAtEnd(tokens: readonly Token[]): { settings: Setting[]; start: number } | null {
  const start = tokens.findLastIndex((token) => isWord(token, 'SETTINGS'));
  if (start < 0) return null;
  const settings: Setting[] = [];
  for (let at = start + 1; ; at += 4) {
    const [name, equals, value, comma] = tokens.slice(at, at + 4);
    if (name?.kind !== 'word' || equals?.text !== '=' || !value) return null;
    if (value.kind !== 'string' && value.kind !== 'number') return null;
    settings.push([name.text, value.kind === 'string' ? value.text.slice(1, -1) : value.text]);
    if (!comma) return { settings, start };
    if (comma.text !== ',') return null;
  }
}

function withoutEnd(tokens: readonly Token[]): readonly Token[] {
  const last = tokens.findLastIndex(({ text }) => text !== ';');
  return tokens.slice(0, last + 1);
}

function textOf(text: string, tokens: readonly Token[]): string {
  const [first, last] = [tokens[0], tokens.at(-1)];
  return first && last ? text.slice(first.start, last.end) : '';
}

const isName = ({ kind }: Token): boolean => kind === 'word' || kind === 'quoted';
const nameOf = (token: Token): string | null => (isName(token) ? token.text : null);
const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === word;

const denied = (what: string): StatementCheck =>
  refuse(497, `Not enough privileges: ${what} is not for those who only read. (ACCESS_DENIED)`);

function refuse(code: number, reason: string): StatementCheck {
  return { ok: false, code, reason };
}
