import type { Stretch } from './kinds.ts';

/** Keys with a beginning of their own: cheap to look for, and seldom anything else. */
const BEGINNINGS =
  /sk-|A[KS]IA|ABIA|ACCA|AIza|ya29|GOCSPX|gh[pousr]_|github_pat|glpat-|xox|xapp-|hooks\.slack|[rs]k_|whsec_|hf_|eyJ|SG\.|npm_|pypi-|gsk_|xai-|pplx-|r8_|dapi|AccountKey|JQQJ9|8Q~|:AA|dop_v1_|:\/\//;
const NOT_INSIDE = String.raw`(?<![\w-])`;
const NO_MORE = String.raw`(?![\w-])`;

/** OpenAI, Anthropic, OpenRouter and those that copied them: no more than a prefix, so the rest must look random. */
const SK = /(?<![\w-])sk-[\w-]{20,250}(?![\w-])/g;
/** Every quantifier is bounded, and every pattern starts only where a word does: linear. */
const KEYS: readonly RegExp[] = [
  /* AWS */ `(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}`,
  /* Google */ String.raw`AIza[\w-]{35}|ya29\.[\w-]{20,300}|GOCSPX-[\w-]{28}`,
  /* GitHub, GitLab */ String.raw`gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64}`,
  /* Slack */ String.raw`xox[abeoprs]-[A-Za-z0-9-]{10,250}|xapp-\d-[A-Za-z0-9-]{10,250}`,
  /* Stripe */ `[rs]k_(?:live|test)_[A-Za-z0-9]{16,247}|whsec_[A-Za-z0-9+/]{24,64}={0,2}`,
  /* Hugging Face, Replicate, Groq, xAI, Perplexity */ `(?:hf_[A-Za-z0-9]{30,40}|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{40,64}|xai-[A-Za-z0-9]{60,90}|pplx-[A-Za-z0-9]{40,64})`,
  /* SendGrid, npm, PyPI, Databricks, DigitalOcean */ String.raw`(?:SG\.[\w-]{16,32}\.[\w-]{32,64}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,250}|dapi[0-9a-f]{32}|dop_v1_[0-9a-f]{64})`,
  /* Azure */ String.raw`[A-Za-z0-9]{3}8Q~[\w~.-]{31,34}|[A-Za-z0-9]{30,80}JQQJ9[A-Za-z0-9]{10,40}`,
  /* Telegram */ String.raw`\d{8,10}:AA[\w-]{33}`,
].map((source) => new RegExp(`${NOT_INSIDE}(?:${source})${NO_MORE}`, 'g'));

/** The first group is the secret, and starts where the second index says. */
const NAMED: readonly RegExp[] = [
  /* Azure storage */ /(?<![\w-])AccountKey=([A-Za-z0-9+/]{40,88}={0,2})/dg,
  /* Slack webhook */ /(?<=hooks\.slack\.com\/services\/)(T\w{6,12}\/B\w{6,12}\/\w{20,32})/dg,
  /* https://user:password@host */ /(?<=[a-z]:\/\/)[^\s:/@"'`<>]{0,64}:([^\s/@"'`<>]{3,128})@/dg,
];

/** A name that says that a key follows, and a value that looks made at random. */
const ASSIGNED =
  /(?<![A-Za-z])(?:api[-_ ]?key|access[-_ ]?key|secret(?:[-_ ]?(?:access)?[-_ ]?key)?|(?:auth|access|bearer|refresh)[-_ ]?token|password|passwd|client[-_ ]?secret|bearer)["'`]?(?: is)?\s{0,2}[:= ]\s{0,2}["'`]?([A-Za-z0-9_+/~.-]{16,250}={0,2})(?![\w(])/dgi;
const NAMES = /key|token|secret|passw|bearer/i;
const JWT = /(?<![\w-])(eyJ[\w-]{10,2000})\.eyJ[\w-]{10,8000}\.[\w-]{10,2000}/g;

const PEM_BEGIN = /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const [PEM_END, DASHES] = ['-----END ', '-----'];
/** The largest RSA keys have 13,000 characters. */
const PEM_CHARACTERS_MAX = 20_000;
/** A key that was cut off ends where its alphabet does. */
const PEM_BODY = /[A-Za-z0-9+/=\s\\]*/y;

/** API keys and tokens of the large vendors, JSON web tokens, private keys, passwords in addresses, and named keys. */
export function findSecrets(text: string): Stretch[] {
  return [
    ...(BEGINNINGS.test(text) ? [...keys(text), ...NAMED.flatMap((named) => firstGroups(text, named))] : []),
    ...(NAMES.test(text) ? assigned(text) : []),
    ...(text.includes('-----BEGIN ') ? privateKeys(text) : []),
  ];
}

function assigned(text: string): Stretch[] {
  return firstGroups(text, ASSIGNED).filter(({ start, end }) => isRandom(text.slice(start, end)));
}

function* keys(text: string): Generator<Stretch> {
  for (const pattern of KEYS)
    for (const { 0: key, index } of text.matchAll(pattern)) yield { start: index, end: index + key.length };
  for (const { 0: key, index } of text.matchAll(SK))
    if (isRandom(key)) yield { start: index, end: index + key.length };
  for (const { 0: token, 1: header = '', index } of text.matchAll(JWT))
    if (isJwtHeader(header)) yield { start: index, end: index + token.length };
}

function firstGroups(text: string, pattern: RegExp): Stretch[] {
  return Array.from(text.matchAll(pattern), ({ indices }) => {
    const [start = 0, end = 0] = indices?.[1] ?? [];
    return { start, end };
  });
}

/** Letters and digits, or small and capital letters and a digit, mixed as no word and no name of a function mixes them. */
function isRandom(value: string): boolean {
  const digits = countOf(value, /\d/g);
  if (digits === 0 || digits === value.length) return false;
  if (digits >= 3 && countOf(value, /[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) >= 3) return true;
  const changes = countOf(value, /[a-z](?=[A-Z\d])|[A-Z](?=[a-z\d])|\d(?=[A-Za-z])/g);
  return value.length >= 20 && changes >= value.length / 2;
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

function isJwtHeader(header: string): boolean {
  try {
    return 'alg' in JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
  } catch {
    return false;
  }
}

function privateKeys(text: string): Stretch[] {
  const found: Stretch[] = [];
  let nextEnd = -1;
  let searched = -1;
  PEM_BEGIN.lastIndex = 0;
  for (let begin = PEM_BEGIN.exec(text); begin; begin = PEM_BEGIN.exec(text)) {
    const bodyStart = begin.index + begin[0].length;
    // Looked for once for all beginnings in front of it: linear.
    if (nextEnd < bodyStart && searched < bodyStart) {
      nextEnd = text.indexOf(PEM_END, bodyStart);
      searched = nextEnd === -1 ? text.length : nextEnd;
    }
    const isWhole = nextEnd >= bodyStart && nextEnd - bodyStart < PEM_CHARACTERS_MAX;
    const end = isWhole ? endOfLine(text, nextEnd) : bodyEnd(text, bodyStart);
    found.push({ start: begin.index, end });
    PEM_BEGIN.lastIndex = end;
  }
  return found;
}

function endOfLine(text: string, pemEnd: number): number {
  const after = pemEnd + PEM_END.length;
  const dashes = text.slice(after, after + 80).indexOf(DASHES);
  return dashes === -1 ? after : after + dashes + DASHES.length;
}

function bodyEnd(text: string, start: number): number {
  PEM_BODY.lastIndex = start;
  PEM_BODY.exec(text);
  return PEM_BODY.lastIndex;
}
