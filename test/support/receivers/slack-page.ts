import type { PostedMessage } from './slack.ts';

// A channel as Slack shows it, as far as a picture for the docs needs it: the kinds of blocks that we send, drawn after
// Slack's desktop look.

type Json = Record<string, unknown>;

const STYLE = `
  * { box-sizing: border-box; }
  body { margin: 0; background: #fff; color: #1d1c1d; font: 15px/1.46 Lato, "Liberation Sans", "DejaVu Sans", sans-serif; }
  main { width: 760px; padding: 18px 22px; }
  .message { display: grid; grid-template-columns: 38px 1fr; column-gap: 10px; }
  .message + .message { margin-top: 14px; }
  .avatar { width: 36px; height: 36px; border-radius: 5px; background: #21405f; }
  .by { display: flex; gap: 8px; align-items: center; }
  .by b { font-weight: 900; }
  .app { background: #e8e8e8; color: #454447; font-size: 10px; font-weight: 700; padding: 1px 4px; border-radius: 3px; }
  .at, .edited { color: #616061; font-size: 12px; }
  h2 { font-size: 18px; line-height: 1.33; margin: 8px 0; }
  p { margin: 4px 0; overflow-wrap: anywhere; }
  .fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px; margin: 10px 0; }
  .fields p { margin: 0; }
  code { font: 12px/1.5 "DejaVu Sans Mono", monospace; color: #c01343; background: #f6f6f6; border: 1px solid #dfdfdf;
    border-radius: 3px; padding: 2px 4px; }
  .actions { display: flex; gap: 8px; margin: 12px 0; }
  .actions span { border: 1px solid #bbb; border-radius: 4px; padding: 5px 12px; font-weight: 700; font-size: 14px; }
  .context { color: #616061; font-size: 12px; margin-top: 8px; }
  .thread { margin: 14px 0 0 48px; border: 1px solid #dfdfdf; border-radius: 8px; padding: 12px 14px; }
  .thread h3 { margin: 0 0 10px; font-size: 13px; color: #1264a3; }
  .also { color: #616061; font-size: 12px; }
  img.file { display: block; width: 100%; max-width: 560px; border: 1px solid #dfdfdf; border-radius: 8px; margin-top: 4px; }
  svg { width: 0.95em; height: 0.95em; vertical-align: -0.1em; }`;

/** A page with the channel's messages, each with its thread under it. */
export function slackPage(messages: readonly PostedMessage[]): string {
  const roots = messages.filter(({ thread }) => thread === undefined);
  const parts = roots.map((root) => {
    const thread = messages.filter((one) => one.thread === root.ts);
    const title = `<h3>${thread.length} ${thread.length === 1 ? 'reply' : 'replies'}</h3>`;
    return (
      messageHtml(root) +
      (thread.length === 0 ? '' : `<div class="thread">${title}${thread.map(messageHtml).join('')}</div>`)
    );
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><style>${STYLE}</style><main>${parts.join('')}</main></html>`;
}

function messageHtml({ text, blocks, png, isBroadcast }: PostedMessage): string {
  const body = png
    ? `<p>${markup(text)}</p><img class="file" alt="" src="data:image/png;base64,${png.toString('base64')}">`
    : blocks.map((block) => blockHtml(block as Json)).join('');
  const also = isBroadcast ? '<p class="also">also sent to the channel</p>' : '';
  return `<div class="message"><div class="avatar"></div><div><div class="by"><b>Plumbline</b><span class="app">APP</span></div>${also}${body}</div></div>`;
}

function blockHtml({ type, text, fields, elements }: Json): string {
  const list = (value: unknown): Json[] => (value as Json[] | undefined) ?? [];
  switch (type) {
    case 'header':
      return `<h2>${emoji(escapeHtml(textOf(text)))}</h2>`;
    case 'section':
      return fields
        ? `<div class="fields">${list(fields)
            .map((field) => `<p>${markup(textOf(field))}</p>`)
            .join('')}</div>`
        : `<p>${markup(textOf(text))}</p>`;
    case 'actions':
      return `<div class="actions">${list(elements)
        .map((one) => `<span>${escapeHtml(textOf(one['text']))}</span>`)
        .join('')}</div>`;
    case 'context':
      return `<div class="context">${list(elements)
        .map((one) => markup(textOf(one)))
        .join(' ')}</div>`;
    default:
      throw new Error(`no picture of a block of type ${String(type)}`);
  }
}

const textOf = (value: unknown): string => String((value as { text?: unknown } | undefined)?.text ?? '');

/** Slack's markup: entities, dates, bold, italic, struck out, code, lines. */
function markup(text: string): string {
  const dated = text.replace(/<!date\^(\d+)\^[^|>]*\|[^>]*>/g, (_, seconds: string) =>
    new Date(Number(seconds) * 1000).toLocaleString('en-US', {
      timeZone: 'UTC',
      month: 'short',
      day: 'numeric',
      hour: 'numeric',
      minute: '2-digit',
    }),
  );
  const html = escapeHtml(dated.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&'))
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/(^|[\s(])\*([^*\n]+)\*/g, '$1<b>$2</b>')
    .replace(/(^|[\s(])_([^_\n]+)_/g, '$1<i>$2</i>')
    .replace(/(^|[\s(])~([^~\n]+)~/g, '$1<s>$2</s>')
    .replace(/\n/g, '<br>');
  return emoji(html);
}

const disc = (colour: string): string =>
  `<svg viewBox="0 0 20 20"><circle cx="10" cy="10" r="9" fill="${colour}"/></svg>`;
const eye = (x: number): string =>
  `<ellipse cx="${x}" cy="10" rx="4.6" ry="7" fill="#fff" stroke="#555"/><circle cx="${x - 1}" cy="11" r="2.2" fill="#333"/>`;
/** Slack draws emoji with pictures of its own, and so does this. */
const EMOJI: Readonly<Record<string, string>> = {
  '🔴': disc('#dd2e44'),
  '🟠': disc('#f4900c'),
  '🔵': disc('#3b88c3'),
  '🟢': disc('#78b159'),
  '👀': `<svg viewBox="0 0 20 20">${eye(5)}${eye(15)}</svg>`,
};

function emoji(html: string): string {
  return html.replace(/[🔴🟠🔵🟢👀]/gu, (one) => EMOJI[one] ?? one);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
