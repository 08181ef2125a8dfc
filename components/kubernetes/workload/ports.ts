type Ports = Readonly<Record<string, number>>;

/**
 * The port that is meant where nobody names one: `http`, else the first name in the alphabet. The order of a stack file does not reach the
 * program: the engine sorts keys.
 */
export function mainPort(ports: Ports): string | undefined {
  return Object.hasOwn(ports, "http") ? "http" : Object.keys(ports).sort()[0];
}

/** Ports in the order of their names. */
export const portsByName = (ports: Ports): [string, number][] => Object.entries(ports).sort(([a], [b]) => (a < b ? -1 : 1));
