import type { Token } from 'marked';
import { useEffect, useState } from 'preact/hooks';
import type { RunbookAnswer } from '../../api-views.ts';
import { Markdown } from '../markdown.tsx';
import { PollView } from '../poll-view.tsx';
import { hrefOf } from '../router.ts';
import { usePoll } from '../use-poll.ts';

/** What to do about an incident: one of docs/runbooks. */
export function RunbookView({ name }: { name: string }) {
  const poll = usePoll<RunbookAnswer>(`api/runbooks/${encodeURIComponent(name)}`);
  return (
    <article class="runbook">
      <p class="crumb">
        <a href={hrefOf({ view: 'rules' })}>Rules</a> <span aria-hidden="true">/</span> Runbook {name}
      </p>
      <PollView poll={poll}>{({ markdown }) => <Written markdown={markdown} key={name} />}</PollView>
    </article>
  );
}

function Written({ markdown }: { markdown: string }) {
  const [read, setRead] = useState<readonly Token[] | 'waiting' | 'unreadable'>('waiting');
  useEffect(() => {
    let isShown = true;
    const show = (value: typeof read): void => {
      if (isShown) setRead(value);
    };
    import('../markdown-tokens.ts')
      .then(({ markdownTokens }) => show(markdownTokens(markdown)))
      .catch(() => show('unreadable'));
    return () => {
      isShown = false;
    };
  }, [markdown]);
  if (read === 'waiting') return <p class="muted waiting">Reading …</p>;
  // What draws it has not arrived: as it was written it can be read all the same.
  if (read === 'unreadable') return <pre>{markdown}</pre>;
  return <Markdown tokens={read} />;
}
