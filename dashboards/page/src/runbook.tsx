import { hrefOf } from './router.ts';

/** Link to a page that says what to do: an address, or one of docs/runbooks by name; nothing where there is none. */
export function Runbook({ runbook }: { runbook: string }) {
  if (runbook === '') return null;
  const isAddress = /^https?:\/\//.test(runbook);
  return <a href={isAddress ? runbook : hrefOf({ view: 'runbook', name: runbook })}>Runbook</a>;
}
