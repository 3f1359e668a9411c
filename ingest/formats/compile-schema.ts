import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** A compiled schema; `keywordOf` says which keyword the last value that did not fit broke first. */
export interface CompiledSchema {
  readonly fits: (value: unknown) => boolean;
  readonly keywordOf: () => string;
}

/**
 * Compiles a JSON Schema of draft 2020-12. A keyword that does not exist is an error, `format` is an annotation as the draft
 * has it, and nothing is fetched.
 *
 * @throws Error of the compiler for a schema that is none
 */
export function compileSchema(schema: object | boolean): CompiledSchema {
  const validate: ValidateFunction = newCompiler().compile(schema);
  return {
    fits: (value) => validate(value),
    keywordOf: () => validate.errors?.[0]?.keyword ?? 'schema',
  };
}

/** What is wrong with a schema by the schema of schemas: where, as names and places, and what. Empty when nothing is. */
export function schemaFaults(
  schema: object | boolean,
): { readonly path: string[]; readonly message: string }[] {
  const compiler = newCompiler();
  if (compiler.validateSchema(schema) === true) return [];
  return (compiler.errors ?? []).slice(0, 5).map(({ instancePath, message }) => ({
    path: instancePath
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    message: `expected a JSON Schema (draft 2020-12): this ${message ?? 'cannot be read'}`,
  }));
}

/** One for each schema: two may have the same `$id`. */
function newCompiler(): Ajv2020 {
  return new Ajv2020({
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    validateFormats: false,
    logger: false,
  });
}
