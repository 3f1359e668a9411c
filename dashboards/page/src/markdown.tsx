import type { MarkedToken, Token, Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { markdownLink } from './markdown-link.ts';
import { hrefOf } from './router.ts';
import { Scrolled } from './scrolled.tsx';

/** A Markdown document. Its parts become elements one by one, so HTML in it is text, and its links lead where `markdownLink` says. */
export function Markdown({ tokens }: { tokens: readonly Token[] }) {
  return <>{all(tokens)}</>;
}

// Tokens of no other kind come from a lexer without extensions.
const all = (tokens: readonly Token[]): ComponentChildren =>
  tokens.map((token) => block(token as MarkedToken));

function block(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'heading':
      return <Heading token={token} />;
    case 'paragraph':
      return <p>{all(token.tokens)}</p>;
    case 'list':
      return <List token={token} />;
    case 'code':
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{all(token.tokens)}</blockquote>;
    case 'table':
      return <Table token={token} />;
    case 'hr':
      return <hr />;
    case 'html':
      return htmlAsText(token);
    case 'space':
    case 'def':
      return null;
    default:
      return inline(token);
  }
}

function inline(token: MarkedToken): ComponentChildren {
  switch (token.type) {
    case 'strong':
      return <strong>{all(token.tokens)}</strong>;
    case 'em':
      return <em>{all(token.tokens)}</em>;
    case 'del':
      return <del>{all(token.tokens)}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Link token={token} />;
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ ';
    case 'text':
      return token.tokens ? all(token.tokens) : token.text;
    case 'escape':
    case 'image':
      return token.text;
    default:
      return token.raw;
  }
}

function Heading({ token: { depth, tokens } }: { token: Tokens.Heading }) {
  if (depth === 1) return <h1>{all(tokens)}</h1>;
  return depth === 2 ? <h2>{all(tokens)}</h2> : <h3>{all(tokens)}</h3>;
}

function List({ token: { ordered, start, items } }: { token: Tokens.List }) {
  const lines = items.map((item) => listItem(item));
  return ordered ? <ol start={Number(start)}>{lines}</ol> : <ul>{lines}</ul>;
}

const listItem = ({ tokens }: Tokens.ListItem): ComponentChildren => <li>{all(tokens)}</li>;

function Table({ token: { header, rows } }: { token: Tokens.Table }) {
  return (
    <Scrolled label="Table">
      <table class="rows">
        <thead>
          <tr>{header.map((cell) => tableCell(cell))}</tr>
        </thead>
        <tbody>{rows.map((cells) => tableRow(cells))}</tbody>
      </table>
    </Scrolled>
  );
}

const tableRow = (cells: Tokens.TableCell[]): ComponentChildren => (
  <tr>{cells.map((cell) => tableCell(cell))}</tr>
);

const tableCell = ({ header, tokens }: Tokens.TableCell): ComponentChildren =>
  header ? <th scope="col">{all(tokens)}</th> : <td>{all(tokens)}</td>;

function Link({ token: { href, tokens } }: { token: Tokens.Link }) {
  const link = markdownLink(href);
  if (link.to === 'nowhere') return <>{all(tokens)}</>;
  if (link.to === 'runbook') return <a href={hrefOf({ view: 'runbook', name: link.name })}>{all(tokens)}</a>;
  // Beside the runbook and not in its place: it is still needed.
  return (
    <a href={link.href} target="_blank" rel="noopener">
      {all(tokens)}
    </a>
  );
}

function htmlAsText({ text, block: isBlock }: Tokens.HTML | Tokens.Tag): ComponentChildren {
  if (text.startsWith('<!--')) return null;
  return isBlock ? <p>{text}</p> : text;
}
