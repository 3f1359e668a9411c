/** Where a link of a runbook leads. */
export type MarkdownLink =
  | { readonly to: 'runbook'; readonly name: string }
  | { readonly to: 'web'; readonly href: string }
  | { readonly to: 'nowhere' };

/**
 * Where a link of one of docs/runbooks leads on the page: to a runbook beside it, or to an address. Other files are not on the
 * page, and nothing else (`javascript:`, `data:`, a place within the page) is an address: of those only the text is shown.
 */
export function markdownLink(href: string): MarkdownLink {
  if (/^https?:\/\//i.test(href) && URL.canParse(href)) return { to: 'web', href };
  const [, name] = /^(?:\.\/)?([\w-]+)\.md(?:#.*)?$/.exec(href) ?? [];
  return name === undefined ? { to: 'nowhere' } : { to: 'runbook', name };
}
