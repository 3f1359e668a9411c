import type { Session } from 'chdb';

/** Table functions that make their rows themselves; every other one reads files, the network or tables behind our back. */
const HARMLESS_TABLE_FUNCTIONS = new Set([
  'format',
  'generate_series',
  'generateseries',
  'null',
  'numbers',
  'numbers_mt',
  'primes',
  'sqlstandardvalues',
  'values',
  'view',
  'zeros',
  'zeros_mt',
]);

/** Functions that read files, call the network, or tell of the machine; the engine in a process has no rights for them. */
const FORBIDDEN_FUNCTIONS =
  "match(lower(name), '^(file|catboost|modelevaluate|hascolumnintable|joinget|dict|region|ai|getserver|getmacro|showcertificate|zookeeper|sleep|filesystem|getclienthttp|naivebayes|serveruuid)')";

/** Names that a stranger may not call, in lower case: by the engine's own list, so that a next version's are not forgotten. */
export async function forbiddenCalls(session: Session): Promise<ReadonlySet<string>> {
  const result = await session.queryAsync(
    `SELECT lower(name) AS name FROM system.table_functions
     UNION ALL SELECT lower(name) FROM system.functions WHERE ${FORBIDDEN_FUNCTIONS}`,
    { format: 'JSON' },
  );
  const names = result.json<{ data: { name: string }[] }>().data.map(({ name }) => name);
  return new Set(names.filter((name) => !HARMLESS_TABLE_FUNCTIONS.has(name)));
}

/** Formats that are an answer by themselves, without a schema or a template from a file. */
const FORMATS =
  'Native JSON JSONStrings JSONColumns JSONColumnsWithMetadata JSONCompact JSONCompactStrings JSONCompactColumns JSONEachRow JSONStringsEachRow JSONObjectEachRow JSONCompactEachRow JSONCompactEachRowWithNames JSONCompactEachRowWithNamesAndTypes JSONCompactStringsEachRow JSONCompactStringsEachRowWithNames JSONCompactStringsEachRowWithNamesAndTypes JSONEachRowWithProgress TabSeparated TabSeparatedRaw TabSeparatedWithNames TabSeparatedWithNamesAndTypes TabSeparatedRawWithNames TabSeparatedRawWithNamesAndTypes TSV TSVRaw TSVWithNames TSVWithNamesAndTypes CSV CSVWithNames CSVWithNamesAndTypes RowBinary RowBinaryWithNames RowBinaryWithNamesAndTypes Values Vertical Markdown XML Pretty PrettyCompact PrettyCompactMonoBlock PrettySpace PrettyNoEscapes Arrow ArrowStream Parquet Null';
const FORMAT_NAMES = new Map(FORMATS.split(' ').map((name) => [name.toLowerCase(), name]));

/** The format as the engine writes its name; null for one that is not given out. */
export function formatOf(name: string): string | null {
  return FORMAT_NAMES.get(name.toLowerCase()) ?? null;
}
