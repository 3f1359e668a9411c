// Writes docs/inference.schema.json from the built schema: `npm run build && node test/support/write-schema.mjs`.
import { writeFileSync } from 'node:fs';
import { inferenceJsonSchema } from '../../dist/core/inference-schema.js';

writeFileSync('docs/inference.schema.json', `${JSON.stringify(inferenceJsonSchema(), null, 2)}\n`);
