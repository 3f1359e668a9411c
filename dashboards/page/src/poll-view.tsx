import type { ComponentChildren } from 'preact';
import type { Problem } from './request.ts';
import type { Poll } from './use-poll.ts';

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
  return (
    <p class="notice" role="alert">
      {problem.message}
    </p>
  );
}
