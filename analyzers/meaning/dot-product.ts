/** Sum of products; of vectors of length 1 their cosine. Of two lengths, the shorter counts. */
export function dotProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index] as number) * (b[index] ?? 0);
  return sum;
}
