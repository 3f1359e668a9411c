import type { AnyBlock, Button, MrkdwnElement } from '@slack/types';
import { formatExact } from '../../core/format.ts';
import type { Message, MessageTone } from './message.ts';
import { clip, safeUrl } from './plain.ts';

/** What `chat.postMessage`, `chat.update` and an incoming webhook take. */
export interface SlackMessage {
  /** Shown where blocks are not: notifications, screen readers. */
  readonly text: string;
  readonly blocks: readonly AnyBlock[];
}

/**
 * Units (UTF-16) of each text at most, below what Slack documents for its kind of block; and together below about 13,000,
 * above which a message is refused as a whole (`msg_blocks_too_long`), which Slack does not document.
 */
const SIZES = {
  /** Slack: 150. */
  header: 150,
  /** Slack: 3,000 for each section; these four are its parts. */
  news: 600,
  headline: 400,
  pair: 200,
  cause: 600,
  /** Of each of up to four lines. */
  changed: 300,
  /** Slack: 2,000, and ten of them; there are six. */
  fact: 300,
  /** Slack: 3,000 for the section that up to four of them share. */
  note: 400,
  /** Slack: 3,000 for a text in a context. */
  footer: 500,
  /** Slack: 3,000 for a button's address; a longer one is left off, since half an address leads nowhere. */
  url: 1_000,
  /** Slack: 40,000, advised 4,000. */
  text: 1_000,
} as const;

const ICONS: Readonly<Record<MessageTone, string>> = {
  critical: '🔴',
  warning: '🟠',
  info: '🔵',
  acknowledged: '👀',
  resolved: '🟢',
};

/** The message of an incident, as it stands. Every limit of Slack is kept whatever the texts are. */
export function slackMessage(message: Message): SlackMessage {
  const blocks: (AnyBlock | null)[] = [
    { type: 'header', text: { type: 'plain_text', text: headerText(message), emoji: true } },
    { type: 'section', text: mrkdwn(summary(message)) },
    {
      type: 'section',
      fields: message.facts.map(({ label, text }) => mrkdwn(`*${label}*\n${written(text, SIZES.fact)}`)),
    },
    whyBlock(message),
    notesBlock(message),
    linksBlock(message),
    { type: 'context', elements: [mrkdwn(written(message.footer, SIZES.footer))] },
  ];
  return { text: fallback(message), blocks: blocks.filter((block) => block !== null) };
}

/** What an answer in the incident's thread says: only what is new. */
export function slackReply(message: Message): SlackMessage {
  const news = written(message.news || message.title, SIZES.news);
  return {
    text: fallback(message),
    blocks: [{ type: 'section', text: mrkdwn(`${ICONS[message.tone]} ${news}`) }],
  };
}

function headerText(message: Message): string {
  return clip(`${ICONS[message.tone]} ${message.status}: ${message.headline}`, SIZES.header);
}

function fallback({ tone, title, news }: Message): string {
  return written(`${ICONS[tone]} ${title}${news === '' ? '' : ` – ${news}`}`, SIZES.text);
}

function summary({ news, pair, stream, since, tone }: Message): string {
  const at = Math.max(0, Math.floor(since.getTime() / 1000));
  const date = `<!date^${at}^{date_short_pretty} {time}|${formatExact(since)}>`;
  const what = `*${written(pair, SIZES.pair)}* on *${written(stream, SIZES.headline)}*`;
  const told = news === '' ? '' : `\n${written(news, SIZES.news)}`;
  return tone === 'resolved' ? `${what}, from ${date}${told}` : `${what}, since ${date}${told}`;
}

/** The trend, what probably did it, and what changed with it, where they are known. */
function whyBlock({ trend, cause, changedWithIt }: Message): AnyBlock | null {
  const lines = [
    ...(trend ? [`\`${trend.bars}\` ${trend.span}`] : []),
    ...(cause === '' ? [] : [`*Likely cause:* ${written(cause, SIZES.cause)}`]),
    ...(changedWithIt.length === 0 ? [] : ['*Changed with it:*']),
    ...changedWithIt.map((line) => `• ${written(line, SIZES.changed)}`),
  ];
  return lines.length === 0 ? null : { type: 'section', text: mrkdwn(lines.join('\n')) };
}

function notesBlock({ notes }: Message): AnyBlock | null {
  if (notes.length === 0) return null;
  const lines = notes.map((note) => `• ${written(note, SIZES.note)}`);
  return { type: 'section', text: mrkdwn(lines.join('\n')) };
}

function linksBlock({ links }: Message): AnyBlock | null {
  const elements = links.flatMap(({ label, url }): Button[] => {
    const safe = safeUrl(url, SIZES.url);
    if (safe === null) return [];
    return [
      {
        type: 'button',
        text: { type: 'plain_text', text: label },
        url: safe,
        action_id: `open_${label.toLowerCase()}`,
      },
    ];
  });
  return elements.length === 0 ? null : { type: 'actions', elements };
}

/** `verbatim`: Slack is not to look for names, channels and addresses in a text that came from outside. */
function mrkdwn(text: string): MrkdwnElement {
  return { type: 'mrkdwn', text, verbatim: true };
}

/** A plain text as Slack shows it literally. */
function written(text: string, max: number): string {
  return clip(literal(text), max, escapeEntities);
}

/** Slack's three characters with a meaning; without `<` nobody can be mentioned and nothing linked. */
function escapeEntities(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/**
 * Slack has no escape for its marks of bold, italic, struck out and code: they become characters that look like them. An
 * underscore inside a word marks nothing, and stays.
 */
function literal(text: string): string {
  return text
    .replace(/\*/g, '∗')
    .replace(/~/g, '∼')
    .replace(/`/g, 'ˋ')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, 'ˍ')
    .replace(/@(?=here|channel|everyone)/gi, '@\u2060');
}
