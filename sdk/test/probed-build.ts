import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { packageRoot } from '../../core/package-root.ts';

/** By file and function, and why a throw at its beginning would have to come from nothing. */
const PASSAGES: ReadonlyMap<string, string> = new Map([
  ...passages('only calls what is guarded, and returns it', [
    'index.ts: call',
    'index.ts: observe',
    'inert-plumbline.ts: observe',
    'inert-plumbline.ts: observeCall',
    'live-recorder.ts: observeCall',
  ]),
  ...passages('runs the host’s function; what it does of ours is guarded', [
    'observe-call.ts: observeCall',
    'clients/observe.ts: observed',
  ]),
  ...passages('a handler that hands the host’s value or error on, after what is guarded', [
    'observe-call.ts: passOn',
    'observe-call.ts: throwOn',
    'clients/watched-promise.ts: in head',
    'clients/watched-promise.ts: in listen',
    'clients/watched-promise.ts: in in listen',
    'clients/watched-promise.ts: seen',
    'clients/watched-stream.ts: in watchStream',
    'clients/watched-stream.ts: in watchIterator',
    'clients/watched-stream.ts: in in watchIterator',
  ]),
]);

function passages(reason: string, names: readonly string[]): [string, string][] {
  return names.map((name) => [name, reason]);
}

/**
 * Bundles the host of `fuzz-host.ts` with an SDK in which every function begins by calling `globalThis.probe(n)`; where a
 * function has a `try` of its own, the probe is in it. @returns the function of each probe, as `file: name`
 */
export async function buildProbed(outfile: string): Promise<string[]> {
  const sites: string[] = [];
  const source = join(packageRoot, 'sdk/src');
  await build({
    entryPoints: [join(packageRoot, 'sdk/test/fuzz-host.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
    banner: {
      js: "globalThis.probe = () => {}; import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    plugins: [
      {
        name: 'probes',
        setup({ onLoad }) {
          onLoad({ filter: /sdk\/src\/.*\.ts$/ }, async ({ path }) => {
            const text = await readFile(path, 'utf8');
            return { contents: withProbes(text, { file: relative(source, path), sites }), loader: 'ts' };
          });
        },
      },
    ],
  });
  return sites;
}

function withProbes(text: string, { file, sites }: { file: string; sites: string[] }): string {
  const parsed = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const inserts: { at: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const name = `${file}: ${nameOf(node)}`;
      if (!PASSAGES.has(name)) {
        const probe = `globalThis.probe(${sites.length})`;
        sites.push(name);
        const { body } = node;
        if (ts.isBlock(body as ts.Node)) {
          const block = body as ts.Block;
          const inner = block.statements.find(ts.isTryStatement)?.tryBlock ?? block;
          inserts.push({ at: inner.getStart() + 1, text: `${probe};` });
        } else {
          const expression = body as ts.Expression;
          inserts.push({ at: expression.getStart(), text: `(${probe}, ` });
          inserts.push({ at: expression.getEnd(), text: ')' });
        }
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  // From the end, so that places stay; of two at one place, the later goes in first.
  return inserts
    .map((insert, order) => ({ ...insert, order }))
    .sort((a, b) => b.at - a.at || b.order - a.order)
    .reduce((changed, insert) => changed.slice(0, insert.at) + insert.text + changed.slice(insert.at), text);
}

function nameOf(node: ts.Node): string {
  const named = node as ts.NamedDeclaration;
  if (named.name) return named.name.getText();
  const { parent } = node;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText();
  let above: ts.Node | undefined = parent;
  while (above && !(ts.isFunctionLike(above) || ts.isVariableDeclaration(above))) above = above.parent;
  return above ? `in ${nameOf(above)}` : 'top';
}
