import { useEffect, useRef, useState } from 'preact/hooks';
import { signIn } from './use-poll.ts';

/** Asks for a key; `message` is why, as the server says it. */
export function SignIn({ message }: { message: string }) {
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
      <p role="alert">{sentence(message)}</p>
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
