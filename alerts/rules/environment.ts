import type { Path, SettingFault } from '../../core/yaml-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface Filled {
  readonly value: unknown;
  readonly faults: readonly SettingFault[];
}

/** `${NAME}`; what else begins with `${` is a slip. */
const VARIABLE = /\$\{([^}]*)\}?/g;

/** What must stay readable in messages, logs and the page: a variable in it could be a secret. */
const NOT_IN_RECEIVERS: readonly unknown[] = ['name', 'type'];

/**
 * What was read with `${NAME}` replaced from the environment, where that is allowed: in what receivers have, except `name`
 * and `type`, and in values of labels. The original is not modified. Faults name variables, never their values.
 */
export function fillVariables(value: unknown, env: Environment): Filled {
  return fill(value, [], env);
}

function fill(value: unknown, path: Path, env: Environment): Filled {
  if (typeof value === 'string') return fillText(value, path, env);
  if (typeof value !== 'object' || value === null) return { value, faults: [] };
  const keys: PropertyKey[] = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  const filled = keys.map((key) => fill(Reflect.get(value, key), [...path, key], env));
  const faults = filled.flatMap((one) => one.faults);
  const values = filled.map((one) => one.value);
  if (Array.isArray(value)) return { value: values, faults };
  return { value: Object.fromEntries(keys.map((key, index) => [key, values[index]])), faults };
}

function fillText(text: string, path: Path, env: Environment): Filled {
  const faults: SettingFault[] = [];
  const value = text.replace(VARIABLE, (whole, name: string, offset: number) => {
    const message = faultOf({ whole, name, path, env });
    if (message !== null) faults.push({ path, offset, message });
    return variable(name, env);
  });
  return { value: faults.length > 0 ? text : value, faults };
}

function faultOf({
  whole,
  name,
  path,
  env,
}: {
  whole: string;
  name: string;
  path: Path;
  env: Environment;
}): string | null {
  if (!isAllowedAt(path))
    return `\${…} stands for a variable of the environment only in what receivers have, except name and type, and in values of labels`;
  if (!whole.endsWith('}') || !/^[A-Za-z_]\w*$/.test(name))
    return 'expected the name of a variable of the environment, such as ${SLACK_TOKEN}';
  if (variable(name, env) === '') return `the variable ${name} is not set in the environment`;
  return null;
}

function isAllowedAt([part, , field]: Path): boolean {
  if (part === 'receivers') return !NOT_IN_RECEIVERS.includes(field);
  return part === 'rules' && field === 'labels';
}

const variable = (name: string, env: Environment): string =>
  (Object.hasOwn(env, name) ? env[name] : undefined) ?? '';
