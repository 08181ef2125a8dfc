import { execa } from "execa";
import type { Docker } from "../../../estate/docker.ts";
import { toolImage } from "../../../evidence/images.ts";
import { prepareImages } from "../../../images/prepare.ts";
import type { Vps } from "./vps.ts";

/** Images of roles under names of a test, as a machine gets them that no registry serves. This machine's Docker engine gets no name more. */
export class RoleImages {
  readonly #docker: Docker;
  readonly #prefix: string;

  /** @param prefix first part of their names */
  constructor(docker: Docker, prefix: string) {
    this.#docker = docker;
    this.#prefix = prefix;
  }

  name(role: string): string {
    return `${this.#prefix}/${role}:1`;
  }

  /** Give images to the Docker engine of a machine; what is not there is built. */
  async load(vps: Vps, roles: readonly string[]): Promise<void> {
    await prepareImages();
    for (const role of roles) {
      await this.#hand(vps, role, await toolImage(this.#docker, `images/${role}`));
    }
  }

  async #hand(vps: Vps, role: string, image: string): Promise<void> {
    const { stdout } = await execa("bash", [
      ...["-o", "pipefail", "-c"],
      `docker save ${image} | docker exec -i ${vps.name} docker load --quiet`,
    ]);
    const loaded = /^Loaded image(?: ID)?: (\S+)$/m.exec(stdout)?.[1];
    if (loaded === undefined) throw new Error(`${image} did not arrive: ${stdout}`);
    await vps.run(`docker tag ${loaded} ${this.name(role)}`);
  }
}
