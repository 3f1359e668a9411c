import { useState } from 'preact/hooks';
import { readKey } from '../read-key.ts';

/** How to send the first record; also what an empty overview shows. */
export function SendView({ isFirst = false }: { isFirst?: boolean }) {
  const needsKey = readKey.value !== '';
  const command = curlLine(new URL('v1/inferences', location.href).href, { now: new Date(), needsKey });
  return (
    <section class="send">
      <h1>{isFirst ? 'Nothing has arrived yet' : 'Send data'}</h1>
      <p>
        One JSON object per inference, one per line. Only <code>timestamp</code> and <code>model</code> are
        required; with the text of prompt and response, Plumbline sees more.
      </p>
      <CopyBlock text={command} />
      <p class="muted">
        {isFirst
          ? 'This page shows the model a few seconds after its first inference. '
          : 'A new model or version appears on the overview by itself. '}
        Its baseline is learned from its first inferences; until then its status says how many more are
        needed.
      </p>
    </section>
  );
}

/** A line for a shell that sends one record; a key is named and not shown: the one that reads may not write. */
export function curlLine(url: string, { now, needsKey }: { now: Date; needsKey: boolean }): string {
  const record = {
    timestamp: now.toISOString(),
    model: 'my-model',
    version: '1',
    prompt: 'What is a plumb line?',
    response: 'A weight on a string: it shows what is upright.',
    latency_ms: 812,
  };
  const key = needsKey ? ` \\\n  -H "authorization: Bearer $PLUMBLINE_KEY"` : '';
  return `curl -sS ${url}${key} \\\n  -H 'content-type: application/x-ndjson' \\\n  -d '${JSON.stringify(record)}'`;
}

function CopyBlock({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <div class="copy-block">
      <pre>{text}</pre>
      <button type="button" class="quiet" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
