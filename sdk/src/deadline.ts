/** Resolves when the work is done, or after so many milliseconds; keeps the process alive meanwhile. */
export async function within(ms: number, work?: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await Promise.race(work === undefined ? [late] : [work, late]);
  } finally {
    clearTimeout(timer);
  }
}
