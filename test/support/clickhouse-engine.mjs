import { Session } from 'chdb';

/** What the raw insert of the engine's binding takes; any other INSERT goes through its SQL parser. */
const PLAIN_INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`]+)\s*(?:\(([\w\s,`]*)\))?\s*FORMAT\s+(\w+)\s*;?\s*$/i;
const RAW_FORMATS = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'CSV',
  'CSVWithNames',
  'TSV',
  'TabSeparated',
]);
const LINE_FORMATS = new Set(['JSONEachRow', 'JSONCompactEachRow', 'CSV', 'TSV', 'TabSeparated']);
const QUERY_BYTES_MAX_DEFAULT = 262_144;

/**
 * Runs one statement as ClickHouse would run one request: with its own database, settings and parameters, beside others.
 *
 * @param path data folder of the engine; the caller holds a session on it, so that the engine stays up
 * @param request what parseRequest gave
 * @yields pieces of the answer; nothing for a statement without one
 * @throws Error `Code: N. DB::Exception: …`
 */
export async function* runStatement(path, request) {
  // A session is the engine's context: settings, parameters and USE end with it (0.2 ms to open).
  const session = new Session(path);
  try {
    await prepare(session, request);
    if (request.data.length > 0) {
      await insert(session, request);
      return;
    }
    const { query, defaultFormat: format } = request;
    if (!isStreamable(query, format)) {
      yield (await session.queryAsync(query, { format })).bytes();
      return;
    }
    for await (const chunk of session.queryStream(query, { format })) yield chunk.raw();
  } finally {
    session.close();
  }
}

async function prepare(session, { database, params, settings }) {
  if (database !== 'default') await session.queryAsync(`USE ${quoted(database, '`')}`);
  if (params.length > 0) {
    // The bound on a query's text is not one on what is bound to it.
    await session.queryAsync(`SET max_query_size = ${100 * 1024 * 1024}`);
    for (const [name, value] of params)
      await session.queryAsync(`SET ${quoted(`param_${name}`, '`')} = ${quoted(value, "'")}`);
    await session.queryAsync(`SET max_query_size = ${QUERY_BYTES_MAX_DEFAULT}`);
  }
  for (const [name, value] of settings)
    await session.queryAsync(`SET ${quoted(name, '`')} = ${quoted(value, "'")}`);
}

async function insert(session, { query, data }) {
  const [, table, columns, format] = PLAIN_INSERT.exec(query) ?? [];
  if (format !== undefined && RAW_FORMATS.has(format)) {
    const named = columns === undefined ? {} : { columns: columns.split(',').map(bare) };
    await session.insert({ table: bare(table), values: data, format, ...named });
  } else {
    await session.queryAsync(`${query}\n${data.toString('utf8')}`);
  }
}

/** Formats with a head or a foot come from the stream once for each piece, so they are not streamed. */
function isStreamable(query, defaultFormat) {
  const text = query.replace(/\s+SETTINGS\s[^()]*$/i, '').replace(/;\s*$/, '');
  const format = /\bFORMAT\s+(\w+)\s*$/i.exec(text)?.[1] ?? defaultFormat;
  return LINE_FORMATS.has(format) && /^[\s(]*(SELECT|WITH)\b/i.test(query);
}

const bare = (name) => name.replaceAll('`', '').trim();

function quoted(text, mark) {
  return `${mark}${text.replaceAll('\\', '\\\\').replaceAll(mark, `\\${mark}`)}${mark}`;
}
