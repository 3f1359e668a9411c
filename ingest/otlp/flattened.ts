import type { Attributes, Value } from './telemetry.ts';

type Branch = Map<string, Branch | Value>;

/**
 * The list that was flattened into attributes: `prefix.0.role`, `prefix.0.tool_calls.0.name` … become objects, and lists
 * where all names are numbers. In the order of the numbers; empty when no attribute has the prefix. Names nest at most 8
 * deep, deeper ones are left aside.
 */
export function unflattened(attributes: Attributes, prefix: string): readonly Value[] {
  const root: Branch = new Map();
  for (const [name, value] of attributes) {
    if (!name.startsWith(prefix)) continue;
    const path = name.slice(prefix.length).split('.');
    if (path.length <= DEPTH_MAX && INDEX.test(path[0] ?? '')) place(root, path, value);
  }
  return root.size === 0 ? [] : (grown(root) as readonly Value[]);
}

const DEPTH_MAX = 8;
const INDEX = /^\d{1,9}$/;

function place(root: Branch, path: readonly string[], value: Value): void {
  let branch = root;
  for (const step of path.slice(0, -1)) {
    const next = branch.get(step);
    if (next instanceof Map) branch = next;
    else {
      const made: Branch = new Map();
      branch.set(step, made);
      branch = made;
    }
  }
  branch.set(path[path.length - 1] ?? '', value);
}

function grown(branch: Branch): Value {
  const entries = [...branch].map(
    ([name, item]) => [name, item instanceof Map ? grown(item) : item] as const,
  );
  if (!entries.every(([name]) => INDEX.test(name))) return Object.fromEntries(entries);
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
}
