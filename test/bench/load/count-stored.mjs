/** Inferences in a store, each id once, and the inserts that brought them: every insert numbers a block. */
export async function countStored(store) {
  const [{ rows }] = await store.rows('SELECT count() AS rows FROM inferences FINAL');
  const [{ inserts }] = await store.rows(
    "SELECT sum(blocks) AS inserts FROM (SELECT max(max_block_number) AS blocks FROM system.parts WHERE database = currentDatabase() AND table = 'inferences' GROUP BY partition)",
  );
  return { rows: Number(rows), inserts: Number(inserts) };
}
