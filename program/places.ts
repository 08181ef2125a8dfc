import { Host, Images } from "../components/index.ts";
import { buildRecord } from "../images/record.ts";
import { type ImageSource, MAIN, type Settings } from "../settings/index.ts";

/** A machine of the estate, and the images on it. */
export interface Place {
  readonly host: Host;
  readonly images: Images;
}

/** The machines of an estate, each with the estate's network and the images that are used there. */
export class Places {
  readonly #places: ReadonlyMap<string, Place>;

  constructor({ name: estate, host, hosts = [] }: Pick<Settings, "name" | "host" | "hosts">) {
    const place = (
      resource: string,
      images: string,
      args: { readonly place?: string; readonly docker: string; readonly subnet: string },
    ): Place => {
      const made = new Host(resource, { estate, ...args });
      return { host: made, images: new Images(images, { host: made, record: buildRecord, baseContext: "images/base" }) };
    };
    this.#places = new Map([
      [MAIN, place("host", "images", { docker: host.docker, subnet: host.subnet })],
      ...hosts.map(({ name, docker, subnet }): [string, Place] => [
        name,
        place(`host-${name}`, `images-${name}`, { place: name, docker, subnet }),
      ]),
    ]);
  }

  /** @param name as in the settings. @default main */
  at(name: string = MAIN): Place {
    const found = this.#places.get(name);
    if (found === undefined) throw new Error(`${name} passed the rules, but is no host`);
    return found;
  }

  get hosts(): readonly Host[] {
    return [...this.#places.values()].map(({ host }) => host);
  }

  /** An image on one of the machines. */
  image(host: Host, source: ImageSource) {
    return this.at(host.place).images.get(source);
  }
}
