// What Slack documents of a message's blocks, and the total that it does not document. Written from its reference, apart from
// the code that makes messages.

type Json = Record<string, unknown>;

/** All texts and addresses of a message together; observed, not documented. */
const TOTAL_MAX = 13_200;

/** What Slack would refuse of a message, in its manner; empty if nothing. */
export function slackFaults(message: { readonly text?: unknown; readonly blocks?: unknown }): string[] {
  const { text, blocks } = message;
  const faults: string[] = [];
  if (typeof text !== 'string' || text === '') faults.push('no_text');
  else if (text.length > 40_000) faults.push('msg_too_long');
  if (blocks === undefined) return faults;
  if (!Array.isArray(blocks)) return [...faults, 'invalid_blocks_format'];
  if (blocks.length > 50) faults.push('no more than 50 items allowed [json-pointer:/blocks]');
  blocks.forEach((block, index) => {
    faults.push(...blockFaults(block).map((fault) => `${fault} [json-pointer:/blocks/${index}]`));
  });
  if (lengthOf(blocks) > TOTAL_MAX) faults.push('msg_blocks_too_long');
  return faults;
}

function blockFaults(block: Json): string[] {
  switch (block['type']) {
    case 'header':
      return textFaults(block['text'], { max: 150, types: ['plain_text'] });
    case 'section':
      return sectionFaults(block);
    case 'context':
      return listFaults(block['elements'], 10, (one) => textFaults(one, { max: 3_000 }));
    case 'actions':
      return listFaults(block['elements'], 25, buttonFaults);
    case 'divider':
      return [];
    default:
      return [`unsupported type: ${String(block['type'])}`];
  }
}

function sectionFaults({ text, fields }: Json): string[] {
  if (text === undefined && fields === undefined) return ['missing required field: text or fields'];
  return [
    ...(text === undefined ? [] : textFaults(text, { max: 3_000 })),
    ...(fields === undefined ? [] : listFaults(fields, 10, (one) => textFaults(one, { max: 2_000 }))),
  ];
}

function buttonFaults(button: Json): string[] {
  const faults = textFaults(button['text'], { max: 75, types: ['plain_text'] });
  if (button['type'] !== 'button') faults.push('not a button');
  if (String(button['action_id'] ?? '').length > 255) faults.push('action_id too long');
  const { url } = button;
  if (url !== undefined && (String(url).length > 3_000 || !URL.canParse(String(url))))
    faults.push('invalid url');
  return faults;
}

function listFaults(list: unknown, max: number, check: (one: Json) => string[]): string[] {
  if (!Array.isArray(list) || list.length === 0) return ['must have at least 1 item'];
  if (list.length > max) return [`no more than ${max} items allowed`];
  return list.flatMap(check);
}

function textFaults(
  value: unknown,
  { max, types = ['plain_text', 'mrkdwn'] }: { max: number; types?: readonly string[] },
): string[] {
  const { type, text } = (value ?? {}) as Json;
  if (!types.includes(String(type))) return [`unsupported type: ${String(type)}`];
  if (typeof text !== 'string' || text.length === 0) return ['must be more than 0 characters'];
  const faults = text.length > max ? [`must be less than ${max + 1} characters`] : [];
  if (Buffer.from(text).toString() !== text) faults.push('not a text');
  if (type === 'mrkdwn') faults.push(...markupFaults(text));
  return faults;
}

/** An entity or a tag that is cut in two shows as rubbish; a mention calls people. Only our own date is a tag. */
function markupFaults(text: string): string[] {
  const rest = text.replace(/<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]*>/g, '');
  const faults: string[] = [];
  if (/[<>]/.test(rest)) faults.push('a tag that is not ours');
  if (/&(?!amp;|lt;|gt;)/.test(rest)) faults.push('an entity that is not whole');
  if (/@(here|channel|everyone)/i.test(rest)) faults.push('a mention');
  return faults;
}

function lengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum, one) => sum + lengthOf(one), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce(
    (sum, [key, one]) =>
      sum + (typeof one === 'string' && /^(text|url|alt_text)$/.test(key) ? one.length : lengthOf(one)),
    0,
  );
}
