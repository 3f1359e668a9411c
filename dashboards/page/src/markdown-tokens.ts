import { Lexer, type Token } from 'marked';

/** Markdown as it is written for GitHub, in its parts. The page asks for this file only when a runbook is read: it is a fifth of the whole. */
export function markdownTokens(markdown: string): Token[] {
  return Lexer.lex(markdown);
}
