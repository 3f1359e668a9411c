import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { type Poll, type Problem, rememberKey } from './use-poll.ts';

/** What a view shows while its answer is awaited or has failed; the view itself once there is one. */
export function PollView<T>({ poll, children }: { poll: Poll<T>; children: (data: T) => ComponentChildren }) {
  if (poll.state === 'waiting') return <p class="muted waiting">Reading …</p>;
  if (poll.state === 'failed') return <ProblemView problem={poll.problem} />;
  return (
    <>
      {poll.problem && <p class="notice">{poll.problem.message} What follows is from before.</p>}
      {children(poll.data)}
    </>
  );
}

function ProblemView({ problem }: { problem: Problem }) {
  const [key, setKey] = useState('');
  if (problem.code !== 'unauthorized') {
    return (
      <p class="notice" role="alert">
        {problem.message}
      </p>
    );
  }
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        rememberKey(key.trim());
      }}
    >
      <h1>A key is needed</h1>
      <p>{problem.message} It stays in this tab and is forgotten with it.</p>
      <label>
        Key with the right to read{' '}
        <input
          type="password"
          autocomplete="off"
          value={key}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>{' '}
      <button type="submit">Open</button>
    </form>
  );
}
