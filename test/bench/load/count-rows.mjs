// Run by log-shapes.mjs in a process of its own: what an embedded store has.
import { openStore } from '../../../dist/sql/client.js';
import { countStored } from './count-stored.mjs';

const store = await openStore({ kind: 'embedded', path: process.argv[2] });
const counts = await countStored(store);
await store.close();
process.stdout.write(JSON.stringify(counts));
