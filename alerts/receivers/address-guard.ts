import { lookup as resolveAll } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.process>;

/** Why an address may not be spoken to; `null`: it may. */
export type AddressVerdict = string | null;

export interface AddressGuard {
  /** For a host that is written as an address; null for a name, which `lookup` decides on. */
  readonly checkHost: (host: string) => AddressVerdict;
  /**
   * Resolves a name once, refuses it if any of its addresses may not be spoken to, and gives the very addresses that were
   * checked to the connection: a name that changes its mind in between (DNS rebinding) gains nothing.
   */
  readonly lookup: LookupFunction;
}

/** Public by its range, and yet the machine's own: Azure's metadata and agents answer there. */
const PLATFORM_ADDRESSES: ReadonlySet<string> = new Set(['168.63.129.16']);

/**
 * Guards what a webhook reaches: only public unicast addresses, unless allowed. Private, loopback, link-local (metadata services
 * among them), shared, multicast, reserved and translated ranges are refused, in every spelling of an address.
 *
 * @param allow networks (`10.1.0.0/16`), addresses, or names of hosts, exactly as in the webhook's `url`
 */
export function createAddressGuard(
  allow: readonly string[],
  resolve: typeof resolveAll = resolveAll,
): AddressGuard {
  const networks = allow.flatMap(networkOf);
  const hosts = new Set(allow.map((entry) => entry.toLowerCase()));
  const check = (text: string): AddressVerdict => verdictOf(text, networks);
  return {
    checkHost(host) {
      const text = bareHost(host);
      return ipaddr.isValid(text) && !hosts.has(text) ? check(text) : null;
    },
    lookup(hostname, options, callback) {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, []);
        const verdicts = hosts.has(hostname.toLowerCase())
          ? []
          : addresses.map(({ address }) => check(address));
        const refused = verdicts.find((verdict) => verdict !== null);
        if (refused) return callback(new AddressRefused(refused), []);
        const [first] = addresses;
        if (!first) return callback(new AddressRefused('it has no address'), []);
        if (options.all) return callback(null, addresses);
        callback(null, first.address, first.family);
      });
    },
  };
}

/** A connection was not made, for the reason in its text. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** True if the text is a network or an address that `allow` may hold. */
export function isNetwork(text: string): boolean {
  return networkOf(text).length > 0;
}

type Network = readonly [Address, number];

function networkOf(text: string): Network[] {
  if (ipaddr.isValidCIDR(text)) return [ipaddr.parseCIDR(text) as Network];
  if (!ipaddr.isValid(text)) return [];
  const address = ipaddr.process(text);
  return [[address, address.kind() === 'ipv4' ? 32 : 128]];
}

function verdictOf(text: string, networks: readonly Network[]): AddressVerdict {
  if (!ipaddr.isValid(text)) return 'what it resolves to is not an address';
  // `process` takes the IPv4 address out of an IPv6 one that only wraps it.
  const address = ipaddr.process(text);
  if (
    networks.some(
      ([network, bits]) => network.kind() === address.kind() && address.match(network as never, bits),
    )
  ) {
    return null;
  }
  const range = rangeOf(address);
  return range === 'unicast' ? null : `it is an address inside (${range})`;
}

function rangeOf(address: Address): string {
  if (PLATFORM_ADDRESSES.has(address.toString())) return 'platform';
  const bytes = address.toByteArray();
  // ::/96 once wrapped IPv4 addresses, and some systems still take it so.
  const isWrapped = address.kind() === 'ipv6' && bytes.slice(0, 12).every((byte) => byte === 0);
  const range = address.range();
  return range === 'unicast' && isWrapped ? 'ipv4Compatible' : range;
}

function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase();
}
