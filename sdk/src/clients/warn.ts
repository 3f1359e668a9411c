const WARNED = new Set<string>();

/** Says it once in the life of the process, where the runtime has a place for warnings. */
export function warnOnce(message: string): void {
  if (WARNED.has(message)) return;
  WARNED.add(message);
  try {
    process.emitWarning(message, { type: 'PlumblineWarning' });
  } catch {
    // An edge runtime has no process: silence is better than a throw.
  }
}
