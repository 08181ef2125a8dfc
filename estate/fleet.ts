import { hostsOf, type Places } from "../settings/hosts.ts";
import { MAIN } from "../settings/place.ts";
import { type ContainerFacts, Docker } from "./docker.ts";

/** Every Docker engine that an estate is on. One engine is such a thing as well. */
export interface Engines {
  /** The one of main first. */
  readonly all: readonly Docker[];
}

/** The Docker engines of an estate's hosts. */
export class Fleet implements Engines {
  readonly #engines: ReadonlyMap<string, Docker>;

  constructor(places: Pick<Places, "host" | "hosts">) {
    const hosts = hostsOf(places);
    // An only host needs no name.
    this.#engines = new Map(hosts.map(({ name, docker }) => [name, new Docker(docker, hosts.length > 1 ? name : undefined)]));
  }

  get all(): readonly Docker[] {
    return [...this.#engines.values()];
  }

  /** The engine of the first host: stores, jobs and what keeps account of deployments are there. */
  get main(): Docker {
    return this.at();
  }

  /** @param name as in the settings. @default main */
  at(name: string = MAIN): Docker {
    const found = this.#engines.get(name);
    if (found === undefined) throw new Error(`${name} is no host of this stack`);
    return found;
  }
}

/** Facts of every container of an estate, on whichever host, by name. */
export async function containersOf({ all }: Engines, estate: string): Promise<ContainerFacts[]> {
  const found = await Promise.all(all.map((docker) => docker.containers(estate)));
  return found.flat().sort((a, b) => a.Name.localeCompare(b.Name, "en", { numeric: true }));
}
