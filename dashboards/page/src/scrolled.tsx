import type { ComponentChildren } from 'preact';

/** What may be wider than its place: it scrolls alone, and not the page with it. */
export function Scrolled({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys scroll it, as the pointer does.
    <section class="scrolled" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
