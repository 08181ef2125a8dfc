import { z } from "zod";
import type { Shelf } from "./prune.ts";
import { type Registry, repositoryOf } from "./registries.ts";
import type { Kept } from "./retention.ts";

/** The part of Octokit that is needed here. */
export interface Api {
  request(route: string, parameters: Readonly<Record<string, unknown>>): Promise<{ readonly data: unknown }>;
}

const PER_PAGE = 100;

const Versions = z.array(
  z.object({
    id: z.int(),
    /** The digest. */
    name: z.string(),
    created_at: z.iso.datetime(),
    metadata: z.object({ container: z.object({ tags: z.array(z.string()) }).optional() }).optional(),
  }),
);

/** A shelf of GHCR, which lets go of images by GitHub's packages alone. It also shows images that have lost every tag. */
export async function packagesShelf(api: Api, registry: Registry, role: string): Promise<Shelf> {
  const repository = repositoryOf(registry, role);
  const [org = "", ...rest] = [...registry.namespace.split("/"), `sluice-${role}`];
  const about = { org, package_type: "container", package_name: rest.join("/") };
  const found: z.output<typeof Versions> = [];
  for (let page = 1; ; page++) {
    const { data } = await api.request("GET /orgs/{org}/packages/{package_type}/{package_name}/versions", {
      ...about,
      per_page: PER_PAGE,
      page,
    });
    const versions = Versions.parse(data);
    found.push(...versions);
    if (versions.length < PER_PAGE) break;
  }
  const ids = new Map(found.map(({ id, name }) => [name, id]));
  const images: Kept[] = found.map(({ name, created_at, metadata }) => ({
    ...{ digest: name, tags: metadata?.container?.tags ?? [], at: Date.parse(created_at) },
  }));
  return {
    repository,
    images,
    remove: async ({ digest }) => {
      const package_version_id = ids.get(digest);
      await api.request("DELETE /orgs/{org}/packages/{package_type}/{package_name}/versions/{package_version_id}", {
        ...about,
        package_version_id,
      });
    },
  };
}
