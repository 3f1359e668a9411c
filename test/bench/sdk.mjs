export { bench } from '../../sdk/test/bench.mjs';
