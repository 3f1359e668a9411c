// Makes the recordings beside this folder anew. See README.md: it runs in a folder of its own, with packages of its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLAVOURS } from './flavours.mjs';
import { recordPython } from './python.mjs';
import { startVendor } from './vendor.mjs';

const [, , out, ...wanted] = process.argv;
if (!out)
  throw new Error('usage: node record.mjs OUT [NAME…]; PYTHON and PYTHON_TRACELOOP name their interpreters');

// Stack traces would hold paths of this machine.
Error.stackTraceLimit = 0;
const kept = new Map();
const { server, url } = await startVendor((path, headers, body) => {
  const [, name, , signal] = path.split('/');
  const encoding = headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
  const key = `${name}.${signal}`;
  if (signal === 'metrics' || kept.has(key)) return;
  kept.set(key, { encoding, body });
  writeFileSync(join(out, `${key}.${encoding === 'json' ? 'json' : 'bin'}`), body);
});

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`./node_modules/${name}/package.json`, import.meta.url), 'utf8'));
const made = {};
for (const [name, { record, encoding, packages }] of Object.entries(FLAVOURS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await record(url, name, encoding);
  made[name] = packages.map(versionOf).map(({ name: real, version }) => `${real} ${version}`);
}
Object.assign(made, await recordPython(url, wanted));
server.close();
for (const key of kept.keys()) process.stdout.write(`${key}: ${kept.get(key).body.length} bytes\n`);
process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
writeFileSync(join(out, 'made-with.json'), `${JSON.stringify(made, null, 2)}\n`);
process.exit(0);
