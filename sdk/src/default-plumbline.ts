import { createPlumbline } from './create-plumbline.ts';
import { optionsFromEnvironment } from './environment.ts';
import type { Plumbline } from './plumbline.ts';

// One per process and not per copy of this module: a host may load it as ESM here and as CommonJS there.
const KEY = Symbol.for('@plumbline/sdk default, version 1');

/** The Plumbline that the environment describes, made when it is first asked for. */
export function defaultPlumbline(): Plumbline {
  const shared = globalThis as { [KEY]?: Plumbline };
  shared[KEY] ??= createPlumbline(optionsFromEnvironment());
  return shared[KEY];
}
