import { useEffect, useRef, useState } from 'preact/hooks';
import { readKey } from './read-key.ts';
import type { Problem } from './request.ts';
import { signIn } from './use-poll.ts';

/** Asks for a key, and says what is wrong with the one that was tried. */
export function SignIn({ problem }: { problem: Problem }) {
  const isFirst = problem.code === 'unauthorized' && readKey.value === '';
  const [key, setKey] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  return (
    <form
      class="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        if (key.trim() !== '') signIn(key.trim());
      }}
    >
      <h1>A key is needed</h1>
      {!isFirst && <p role="alert">{sentence(problem.message)}</p>}
      <label for="key">Key with the right to read</label>
      <p class="sign-in-line">
        <input
          id="key"
          ref={input}
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder="plb_…"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <button type="submit">Open</button>
      </p>
      <p class="muted">It stays in this tab and is forgotten with it.</p>
      <p class="muted">
        Made with <code>plumbline keys create --scope read</code>, on the machine where Plumbline runs.
      </p>
    </form>
  );
}

function sentence(text: string): string {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
