// The Python instrumentations, each in an interpreter of its own: see README.md for what is installed there.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const CAPTURE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
const OPT_IN = 'OTEL_SEMCONV_STABILITY_OPT_IN';
const LATEST = { [OPT_IN]: 'gen_ai_latest_experimental' };

const RECORDINGS = {
  'python-b': { interpreter: 'PYTHON', kind: 'otel', env: { [CAPTURE]: 'true' } },
  'python-b-no-content': { interpreter: 'PYTHON', kind: 'otel', env: {} },
  'python-c-span': { interpreter: 'PYTHON_LATEST', kind: 'otel', env: { ...LATEST, [CAPTURE]: 'SPAN_ONLY' } },
  'python-c-event': {
    interpreter: 'PYTHON_LATEST',
    kind: 'otel',
    env: { ...LATEST, [CAPTURE]: 'EVENT_ONLY', OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT: 'true' },
  },
  'python-traceloop-a': { interpreter: 'PYTHON_TRACELOOP_OLD', kind: 'traceloop', env: {} },
  // LiteLLM makes its spans itself and takes the provider that is there already.
  'python-litellm': { interpreter: 'PYTHON_LITELLM', kind: 'litellm', env: {} },
  'python-langchain': { interpreter: 'PYTHON_LANGCHAIN', kind: 'langchain', env: {} },
  'python-traceloop': { interpreter: 'PYTHON_TRACELOOP', kind: 'traceloop', env: {} },
};

/** Records what has an interpreter; gives name of the recording to the versions that made it. */
export async function recordPython(url, wanted) {
  const made = {};
  for (const [name, { interpreter, kind, env }] of Object.entries(RECORDINGS)) {
    const python = process.env[interpreter];
    if (!python || (wanted.length > 0 && !wanted.includes(name))) continue;
    const child = spawn(python, [new URL('./record.py', import.meta.url).pathname, kind, url, name], {
      env: { PATH: process.env.PATH, ...env },
      stdio: 'inherit',
    });
    await once(child, 'exit');
    const { stdout } = spawnSync(python, ['-m', 'pip', 'freeze'], { encoding: 'utf8' });
    made[name] = stdout
      .split('\n')
      .filter((line) =>
        /^(openai|litellm|lang(chain|graph)|openinference|opentelemetry-(instrumentation|util-genai))/.test(
          line,
        ),
      );
  }
  return made;
}
