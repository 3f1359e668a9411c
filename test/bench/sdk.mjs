import { bench as measureHook } from '../../sdk/test/bench.mjs';

/** Beside the clients that it is measured with, which are the SDK's. */
export const bench = measureHook;
