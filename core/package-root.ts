import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder that holds package.json: the same from source and from dist, in a checkout and when installed. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findRoot(dirname(folder));
}

/**
 * Path of a compiled worker script. A worker cannot run TypeScript on Node 20, so a caller that runs from
 * source (a test) gets the file of the last build.
 *
 * @param callerUrl the caller's `import.meta.url`
 * @param name the worker's file beside the caller, without extension
 */
export function workerPath(callerUrl: string, name: string): string {
  const caller = fileURLToPath(callerUrl);
  const folder = dirname(caller);
  return caller.endsWith('.ts')
    ? join(packageRoot, 'dist', relative(packageRoot, folder), `${name}.js`)
    : join(folder, `${name}.js`);
}
