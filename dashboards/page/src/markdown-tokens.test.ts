import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { runbookNames } from '../../../alerts/rules/runbooks.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { markdownLink } from './markdown-link.ts';
import { markdownTokens } from './markdown-tokens.ts';

describe('markdownLink', () => {
  it.each([
    ['cost.md', { to: 'runbook', name: 'cost' }],
    ['./prompt-drift.md#what-to-do', { to: 'runbook', name: 'prompt-drift' }],
    ['https://wiki.example.com/a.md', { to: 'web', href: 'https://wiki.example.com/a.md' }],
    ['../alerts.md', { to: 'nowhere' }],
    ['../../alerts/default-rules.yaml', { to: 'nowhere' }],
    ['/etc/cost.md', { to: 'nowhere' }],
    ['#what-to-do', { to: 'nowhere' }],
    ['javascript:alert(1)', { to: 'nowhere' }],
    ['JavaScript:alert(1)//https://a.example.com', { to: 'nowhere' }],
    ['data:text/html,<script>alert(1)</script>', { to: 'nowhere' }],
    ['//evil.example.com/cost.md', { to: 'nowhere' }],
    ['https://', { to: 'nowhere' }],
  ])('of %s', (href, link) => {
    expect(markdownLink(href)).toEqual(link);
  });
});

// The page draws neither, and shows them as they were written.
it.each(runbookNames())('docs/runbooks/%s.md has no HTML and no character references', (name) => {
  const text = readFileSync(join(packageRoot, 'docs/runbooks', `${name}.md`), 'utf8');
  const strange = flat(markdownTokens(text)).filter(
    ({ type, raw }) => type === 'html' || (type === 'text' && /&[#\w]+;/.test(raw)),
  );
  expect(strange).toEqual([]);
});

it.each(runbookNames())('links of docs/runbooks/%s.md to other runbooks lead to them', (name) => {
  const text = readFileSync(join(packageRoot, 'docs/runbooks', `${name}.md`), 'utf8');
  const names = flat(markdownTokens(text)).flatMap((token) => {
    const link = token.type === 'link' ? markdownLink(token['href']) : null;
    return link?.to === 'runbook' ? [link.name] : [];
  });
  expect(names.filter((linked) => !runbookNames().includes(linked))).toEqual([]);
});

function flat(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) => {
    const under: Token[] = 'items' in token ? token['items'] : ('tokens' in token && token.tokens) || [];
    return [token, ...flat(under)];
  });
}
