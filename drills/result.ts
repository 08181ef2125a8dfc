import type { ContainerFacts } from "../estate/docker.ts";
import type { Asked } from "./load.ts";

/** What a drill has shown. Times are seconds. */
export interface Result {
  readonly scenario: string;
  readonly did: string;
  /** The alert that told of it, how long after the fault, and how long its rule waits; null: none was expected. */
  readonly alert: { readonly name: string; readonly after: number | null; readonly waits: number } | null;
  /** From the end of the fault, or from the fault where the estate heals by itself, until all works again; null: it does not. */
  readonly recovery: number | null;
  readonly healed: boolean;
  readonly load: Losses;
  /** What is not as it was before; none: all is. */
  readonly differences: readonly string[];
}

export interface Losses {
  readonly requests: number;
  readonly lost: number;
  /** From the first to the last request that was lost, seconds. */
  readonly span: number;
  /** How often each reason was. */
  readonly why: Readonly<Record<string, number>>;
}

/** What the clients lost. */
export function lossesOf(asked: readonly Asked[]): Losses {
  const lost = asked.filter((one) => one.lost !== undefined).sort((a, b) => a.at - b.at);
  const why: Record<string, number> = {};
  for (const { lost: reason = "" } of lost) why[reason] = (why[reason] ?? 0) + 1;
  const span = lost.length === 0 ? 0 : ((lost.at(-1)?.at ?? 0) - (lost[0]?.at ?? 0)) / 1000;
  return { requests: asked.length, lost: lost.length, span, why };
}

/** One container, as far as a drill must leave it as it was. */
export interface Shape {
  readonly name: string;
  readonly id: string;
  readonly state: string;
  /** On each network, what it was given. */
  readonly addresses: Readonly<Record<string, string>>;
}

export const shapeOf = ({ Name, Id, State, NetworkSettings }: ContainerFacts): Shape => ({
  name: Name.replace(/^\//, ""),
  id: Id,
  state: [State.Status, ...(State.Health ? [State.Health.Status] : [])].join(", "),
  addresses: Object.fromEntries(
    Object.entries(NetworkSettings.Networks ?? {}).map(([network, own]) => [network, own.IPAMConfig?.IPv4Address ?? "any"]),
  ),
});

const addressWords = ({ addresses }: Shape): string =>
  Object.entries(addresses)
    .map(([network, address]) => `${network} ${address}`)
    .sort()
    .join(", ") || "no network";

/** What differs between two looks at an estate, in words. */
export function differences(before: readonly Shape[], after: readonly Shape[]): string[] {
  const now = new Map(after.map((shape) => [shape.name, shape]));
  const known = new Set(before.map(({ name }) => name));
  return [
    ...before.flatMap((was) => {
      const is = now.get(was.name);
      if (is === undefined) return [`${was.name} is gone`];
      return [
        ...(is.id === was.id ? [] : [`${was.name} is another container`]),
        ...(is.state === was.state ? [] : [`${was.name} is ${is.state}; it was ${was.state}`]),
        ...(addressWords(is) === addressWords(was) ? [] : [`${was.name} is on ${addressWords(is)}; it was on ${addressWords(was)}`]),
      ];
    }),
    ...after.filter(({ name }) => !known.has(name)).map(({ name }) => `${name} was not there before`),
  ];
}

/** Whether the drill showed what it should: the alert came, the estate works, all is as before. */
export const isGood = ({ alert, recovery, differences }: Result): boolean =>
  (alert === null || alert.after !== null) && recovery !== null && differences.length === 0;
