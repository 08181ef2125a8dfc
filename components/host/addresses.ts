/** Addresses of a block of the estate's network. Each service owns one; the first four belong to the estate itself. */
export const BLOCK_SIZE = 16;

/** Replicas that one slot can have: half a block each for blue and green. */
export const MAX_REPLICAS = BLOCK_SIZE / 2;

/** Places of the estate's own containers, counted from the network's base address (.1 is the gateway). */
export const OWN_ADDRESSES = {
  edge: 2,
  postgres: 3,
  redis: 4,
  prometheus: 5,
  alertmanager: 6,
  "edge-metrics": 7,
  "node-metrics": 8,
  "postgres-metrics": 9,
  "redis-metrics": 10,
  probes: 11,
  guard: 12,
} as const;
export type OwnRole = keyof typeof OWN_ADDRESSES;

const toNumber = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toText = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/**
 * An address of the network, counted from its base.
 * @param subnet IPv4 network such as `10.213.0.0/16`
 * @param offset 0 is the network's own address, 1 the gateway
 */
export function addressAt(subnet: string, offset: number): string {
  const [base = "", bits = "32"] = subnet.split("/");
  if (offset < 0 || offset >= 2 ** (32 - Number(bits))) throw new RangeError(`${subnet} has no address ${offset}`);
  return toText(toNumber(base) + offset);
}

/** The gateway of the network: its first address, as Docker has it by default. */
export const gateway = (subnet: string): string => addressAt(subnet, 1);

/**
 * The address that a host itself has for the estate's other hosts: the last one of the network but one, in a block that no service gets. What a
 * host's containers send to another host's comes from it.
 */
export const linkAddress = (subnet: string): string => addressAt(subnet, 2 ** (32 - Number(subnet.split("/")[1])) - 2);

/** Static address of one of the estate's own containers. */
export const ownAddress = (subnet: string, role: OwnRole): string => addressAt(subnet, OWN_ADDRESSES[role]);

/** Where one of the estate's own containers is, on whichever of its hosts. */
export type AddressOf = (role: OwnRole) => string;

/**
 * Static address of a slot's replica. It depends on nothing but the service's block, so adding or removing another service never
 * moves a container.
 */
export function slotAddress(subnet: string, block: number, slot: "blue" | "green", replica: number): string {
  if (replica < 1 || replica > MAX_REPLICAS) throw new RangeError(`replica ${replica} is not in 1-${MAX_REPLICAS}`);
  return addressAt(subnet, block * BLOCK_SIZE + (slot === "green" ? MAX_REPLICAS : 0) + replica - 1);
}
