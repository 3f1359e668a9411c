const PIECES = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r',
  '\0',
  '1e999',
  'null',
  '\\ud800',
  '\u2028',
  '-',
  '"id":"x",',
];

/** The bytes with a few of them changed, lost, doubled or put elsewhere. */
export function mutate(body: Buffer, random: () => number): Buffer {
  let mutant = Buffer.from(body);
  const below = (bound: number): number => Math.floor(random() * bound);
  for (let change = 0; change <= below(4); change++) {
    const place = below(mutant.length + 1);
    const end = Math.min(mutant.length, place + below(30));
    const [before, middle, after] = [
      mutant.subarray(0, place),
      mutant.subarray(place, end),
      mutant.subarray(end),
    ];
    const replacement = [
      Buffer.alloc(0),
      Buffer.concat([middle, middle]),
      Buffer.from(PIECES[below(PIECES.length)] ?? ''),
      Buffer.from(Array.from({ length: below(8) }, () => below(256))),
      Buffer.concat([middle, mutant.subarray(below(mutant.length + 1)).subarray(0, 50)]),
    ][below(5)];
    mutant = Buffer.concat([before, replacement ?? middle, after]);
  }
  return mutant;
}
