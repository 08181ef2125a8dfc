import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { Problem } from "../../toolchain/problem.ts";
import type { Crane } from "./crane.ts";
import { packagesShelf } from "./packages.ts";
import { ociShelf, type Shelf } from "./prune.ts";
import type { Registry } from "./registries.ts";

/** Why old images of a registry are left to it; nothing where they are taken away from here. */
export function untouched({ kind }: Registry): string | undefined {
  if (kind === "ecr") return "old images are left to a lifecycle policy of ECR: it has no other way that keeps tags in order";
  return kind === "dockerhub" ? "old images are left to Docker Hub: its tokens for registries may not delete" : undefined;
}

/** A role's repository, with the way in which this registry lets go of images. @throws Problem without a token for GHCR */
export async function shelfOf(crane: Crane, registry: Registry, role: string): Promise<Shelf> {
  if (registry.kind !== "ghcr") return ociShelf(crane, registry, role);
  const { GHCR_TOKEN: auth, GITHUB_API_URL: baseUrl } = process.env;
  if (!auth) throw new Problem("GHCR lets go of images only with a token: set GHCR_USER and GHCR_TOKEN (packages: write, and delete).");
  const api = new (Octokit.plugin(retry))({ auth, ...(baseUrl && { baseUrl }) });
  return packagesShelf({ request: (route, parameters) => api.request(route, parameters) }, registry, role);
}
