import type { TestProject } from "vitest/node";
import { Docker } from "../../../estate/docker.ts";
import { type Store, startPostgres, startRedis } from "../../../evidence/stores.ts";
import { Throwaway } from "../../../evidence/throwaway.ts";
import { prepareImages } from "../../../images/prepare.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly postgres: Store;
    readonly redis: Store;
    /** For the files that the programs read. */
    readonly folder: string;
  }
}

/** A real Postgres and a real Redis of the estate's own images, on loopback ports, and a folder for their passwords: gone when the tests are over. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const docker = new Docker(process.env.DOCKER_HOST || "unix:///var/run/docker.sock");
  const throwaway = new Throwaway();
  // Ctrl-C and a pipeline's end come as signals; vitest does not wait for a teardown then.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void throwaway.remove().then(() => process.exit(130)));
  try {
    await prepareImages();
    const [postgres, redis] = await Promise.all([startPostgres(docker, throwaway), startRedis(docker, throwaway)]);
    provide("folder", await throwaway.folder("demo"));
    provide("postgres", { ...postgres });
    provide("redis", { ...redis });
  } catch (error) {
    await throwaway.remove();
    throw error;
  }
  return () => throwaway.remove();
}
