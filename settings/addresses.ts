import { isIP, isIPv4 } from "node:net";

/** Addresses in one block: two slots of up to eight containers. */
export const BLOCK_SIZE = 16;
/** Blocks 0 to 3 hold the gateway, the edge and the stores. */
export const FIRST_BLOCK = 4;

export interface Subnet {
  /** First address as a number. */
  readonly base: number;
  readonly prefix: number;
  /** Last block a service may take; the one after it holds the broadcast address. */
  readonly lastBlock: number;
}

const PRIVATE = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const;

const toNumber = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
const networkOf = (value: number, prefix: number): number => value - (value % 2 ** (32 - prefix));

export function isCidr(value: string): boolean {
  const [address = "", prefix = "", ...rest] = value.split("/");
  const version = isIP(address);
  return rest.length === 0 && version !== 0 && /^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** The subnet, or the change that would make it one; `fix` is `undefined` when nothing near it is good. */
export function parseSubnet(cidr: string): { subnet: Subnet } | { fix: string | undefined } {
  const [address = "", size = ""] = cidr.split("/");
  if (!isCidr(cidr) || !isIPv4(address)) return { fix: isIPv4(cidr) ? parseFix(`${cidr}/16`) : undefined };
  const prefix = Number(size);
  const value = toNumber(address);
  if (!PRIVATE.some(([start, bits]) => prefix >= bits && networkOf(value, bits) === toNumber(start))) return { fix: undefined };
  if (prefix < 16 || prefix > 22) return { fix: parseFix(`${address}/${Math.min(22, Math.max(16, prefix))}`) };
  const base = networkOf(value, prefix);
  if (base !== value) return { fix: `clear the host bits: ${toAddress(base)}/${prefix}` };
  return { subnet: { base, prefix, lastBlock: 2 ** (32 - prefix) / BLOCK_SIZE - 2 } };
}

function parseFix(better: string): string | undefined {
  const parsed = parseSubnet(better);
  if ("subnet" in parsed) return `for example ${better}`;
  return parsed.fix?.startsWith("clear") ? `for example ${parsed.fix.slice("clear the host bits: ".length)}` : undefined;
}

/** A network of the second one's size that comes after the first one. */
export function nextTo(one: Subnet, { prefix }: Subnet): string {
  const wider = Math.min(one.prefix, prefix);
  return `${toAddress(networkOf(one.base, wider) + 2 ** (32 - wider))}/${prefix}`;
}

/** Whether two networks share an address. */
export const overlap = (one: Subnet, other: Subnet): boolean => {
  const wider = Math.min(one.prefix, other.prefix);
  return networkOf(one.base, wider) === networkOf(other.base, wider);
};

/**
 * The block of a service that names none: 32-bit FNV-1a of its name, modulo the blocks there are. It depends on nothing but name and subnet
 * size, so a new service never moves another one's addresses.
 */
export function derivedBlock(service: string, subnet: Subnet): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(service)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return FIRST_BLOCK + (hash % (subnet.lastBlock - FIRST_BLOCK + 1));
}
