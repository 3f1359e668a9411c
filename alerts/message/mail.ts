import { formatExact } from '../../core/format.ts';
import type { Message, MessageTone } from './message.ts';
import { clip, safeUrl } from './plain.ts';

/** An e-mail's parts; the subject is one line. */
export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** A subject beyond this is folded badly by mail programs. */
const SUBJECT_MAX = 180;
const TEXT_MAX = 2_000;
const URL_MAX = 2_000;

const COLOURS: Readonly<Record<MessageTone, string>> = {
  critical: '#b3261e',
  warning: '#9a5b00',
  info: '#1f5fbf',
  acknowledged: '#5b5f66',
  resolved: '#1a7f37',
};

/** The e-mail of one notification, in plain text and in HTML with the same content. */
export function mailOf(message: Message): Mail {
  return {
    subject: clip(`[${message.status}] ${message.headline} (${message.pair})`, SUBJECT_MAX),
    text: textOf(message),
    html: htmlOf(message),
  };
}

function textOf(message: Message): string {
  const { trend } = message;
  const facts = message.facts.map(({ label, text }) => `${`${label}:`.padEnd(20)} ${clip(text, TEXT_MAX)}`);
  const paragraphs = [
    [clip(message.news, TEXT_MAX), clip(message.title, TEXT_MAX), `Since ${formatExact(message.since)}`],
    facts,
    [
      trend ? `${trend.bars}  ${trend.span}` : '',
      message.cause === '' ? '' : `Likely cause: ${clip(message.cause, TEXT_MAX)}`,
    ],
    message.changedWithIt.map(
      (line, place) => `${place === 0 ? 'Changed with it:\n' : ''}* ${clip(line, TEXT_MAX)}`,
    ),
    message.notes.map((note) => `* ${clip(note, TEXT_MAX)}`),
    safeLinks(message).map(({ label, url }) => `${`${label}:`.padEnd(11)} ${url}`),
    [`-- `, clip(message.footer, TEXT_MAX)],
  ];
  return `${paragraphs
    .map((lines) => lines.filter((line) => line !== '').join('\n'))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')}\n`;
}

function htmlOf(message: Message): string {
  const colour = COLOURS[message.tone];
  const { trend } = message;
  const facts = message.facts.map(
    ({ label, text }) =>
      `<tr><th align="left" valign="top" style="padding:4px 16px 4px 0;font-weight:600;white-space:nowrap">${html(label)}</th>` +
      `<td style="padding:4px 0">${html(text)}</td></tr>`,
  );
  const parts = [
    `<div style="border-left:4px solid ${colour};padding:2px 0 2px 16px">`,
    `<p style="margin:0;color:${colour};font-weight:600">${html(message.status)}</p>`,
    `<h1 style="margin:4px 0 8px;font-size:20px;line-height:1.3">${html(message.headline)}</h1>`,
    `<p style="margin:0;font-size:16px"><strong>${html(message.pair)}</strong>, since ${html(formatExact(message.since))}</p>`,
    message.news === '' ? '' : `<p style="margin:8px 0 0">${html(message.news)}</p>`,
    '</div>',
    `<table role="presentation" cellspacing="0" cellpadding="0" style="margin:20px 0;font-size:14px">${facts.join('')}</table>`,
    trend
      ? `<p style="margin:0 0 12px;font-size:14px"><span style="font-family:monospace;font-size:18px">${html(trend.bars)}</span> ${html(trend.span)}</p>`
      : '',
    message.cause === ''
      ? ''
      : `<p style="margin:0 0 12px"><strong>Likely cause:</strong> ${html(message.cause)}</p>`,
    message.changedWithIt.length === 0
      ? ''
      : `<p style="margin:0"><strong>Changed with it:</strong></p>${listOf(message.changedWithIt)}`,
    message.notes.length === 0 ? '' : listOf(message.notes),
    `<p style="margin:20px 0">${safeLinks(message).map(linkHtml).join(' ')}</p>`,
    `<p style="margin:24px 0 0;color:#5b5f66;font-size:12px">${html(message.footer)}</p>`,
  ];
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="margin:0;padding:24px;color:#1d1d1f;' +
    'background:#ffffff;font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5">' +
    `<div style="max-width:640px">${parts.join('')}</div></body></html>`
  );
}

const listOf = (lines: readonly string[]): string =>
  `<ul style="margin:0 0 12px;padding-left:20px">${lines.map((line) => `<li>${html(line)}</li>`).join('')}</ul>`;

function linkHtml({ label, url }: { label: string; url: string }): string {
  return (
    `<a href="${html(url)}" style="display:inline-block;margin:0 4px 8px 0;padding:8px 14px;border:1px solid #c8ccd1;` +
    `border-radius:6px;color:#1d1d1f;text-decoration:none;font-weight:600;font-size:14px">${html(label)}</a>`
  );
}

function safeLinks({ links }: Message): { label: string; url: string }[] {
  return links.flatMap(({ label, url }) => {
    const safe = safeUrl(url, URL_MAX);
    return safe === null ? [] : [{ label, url: safe }];
  });
}

function html(text: string): string {
  return clip(text, TEXT_MAX * 2, (piece) =>
    piece.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
  );
}
