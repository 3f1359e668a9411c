import { isIPv6 } from 'node:net';
import type { Stretch } from './kinds.ts';

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
/** Not in "Chrome/120.0.0.0", "==1.2.3.4", "1.2.3.4.5", nor the network "10.0.0.0/8". */
const IPV4_NEAR = /(?<![\w.-]|[A-Za-z]\/|[=~<>^]=)(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d|(?<=\.0)\/\d)/g;
/** Loopback, "any", netmasks and multicast are nobody's address. */
const IPV4_NOBODY = /^(?:127|0|22[4-9]|23\d|25[0-5])\./;
/** "version 1.2.3.4", "v 10.0.0.1", "build 4.5.6.7" before a number: not an address. */
const VERSION_BEFORE =
  /(?:\bv|\bver|versions?|release|releases|build|firmware|driver|kernel|upgrad\w{1,3} to|\boid|section|chapter|clause|§|kapitel|abschnitt|chapitre|artikel|article|cap[ií]tulo|sección|versión|versão|python|node|java|chrome|firefox|safari|windows|android|postgres(?:ql)?|redis|nginx|kafka|cuda|openssl)[ .:#=]{0,2}$/i;
const BEFORE_CHARACTERS = 20;

const IPV6 = /(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?(?![\w:])/g;
const IPV6_NOBODY = /^[0:]*1?$/;

/**
 * IP addresses, private ones too: who knows the network knows the machine. Loopback, "any", netmasks, multicast and
 * networks (10.0.0.0/8) are nobody's and stay. Four numbers behind a word such as "version" are a version.
 */
export function findIps(text: string): Stretch[] {
  return [...ipv6(text), ...ipv4(text)];
}

function* ipv6(text: string): Generator<Stretch> {
  for (const { 0: candidate, index } of text.matchAll(IPV6)) {
    const groups = candidate.split(':').filter((group) => group !== '');
    const isAddress = groups.length >= 2 && /\d/.test(candidate) && isIPv6(candidate);
    // "a::1" may be code; three groups, or four characters in one, are an address.
    const isLong = groups.length >= 3 || groups.some((group) => group.length === 4);
    if (isAddress && isLong && !IPV6_NOBODY.test(candidate))
      yield { start: index, end: index + candidate.length };
  }
}

function* ipv4(text: string): Generator<Stretch> {
  for (const { 0: candidate, index } of text.matchAll(IPV4_NEAR)) {
    if (!IPV4.test(candidate) || IPV4_NOBODY.test(candidate)) continue;
    const before = text.slice(Math.max(0, index - BEFORE_CHARACTERS), index);
    if (!VERSION_BEFORE.test(before)) yield { start: index, end: index + candidate.length };
  }
}
