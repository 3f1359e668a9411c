/** Link to a page that says what to do: an address, or one of docs/runbooks by name; nothing where there is none. */
export function Runbook({ runbook }: { runbook: string }) {
  if (runbook === '') return null;
  if (/^https?:\/\//.test(runbook)) return <a href={runbook}>Runbook</a>;
  return (
    <span>
      Runbook <code>docs/runbooks/{runbook}.md</code>
    </span>
  );
}
