import type { Stretch } from './kinds.ts';

/** RFC 5321 allows 64 before the sign and 255 behind. */
const LOCAL_MAX = 64;
const DOMAIN_MAX = 255;

const LOCAL_END = /[\p{L}\p{N}_%+-]$/u;
const DOMAIN =
  /^@[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62}\.){1,8}(?:\p{L}{2,24}|xn--[a-z0-9-]{2,59})(?![\p{L}\p{N}])/iu;
/** "typescript@5.0.0-dev.next" is a package. */
const VERSION = /^@\d+\.\d+\./;
/** "logo@2x.png" is a file, "react@rc.beta" a package. */
const NOT_A_DOMAIN =
  /\.(?:png|jpe?g|gif|svg|webp|css|m?js|tsx?|json|html?|xml|ya?ml|txt|pdf|rc|beta|alpha)$/i;
/** "git@github.com:owner/name" is where a repository is. */
const REMOTE = /^git@[^:]+:/;

/** E-mail addresses: a local part, "@", and a domain of two labels or more that ends like one. Quoted local parts are not seen. */
export function findEmails(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < LOCAL_MAX && isLocalPart(text.charCodeAt(start - 1))) start--;
    if (start === at || !LOCAL_END.test(text.slice(Math.max(at - 2, start), at))) continue;
    const domain = DOMAIN.exec(text.slice(at, at + DOMAIN_MAX))?.[0];
    if (domain === undefined || VERSION.test(domain) || NOT_A_DOMAIN.test(domain)) continue;
    const end = at + domain.length;
    if (!REMOTE.test(text.slice(start, end + 1))) found.push({ start, end });
  }
  return found;
}

const NOT_LOCAL = new Set(Array.from('@<>()[]{}"`,;:/\\|=&?!*\u00a0', (sign) => sign.charCodeAt(0)));

/** Anything but spaces, brackets, quotes, signs that end a word, and another "@". */
function isLocalPart(code: number): boolean {
  return code > 0x20 && !NOT_LOCAL.has(code);
}
