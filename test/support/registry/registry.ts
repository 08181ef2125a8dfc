import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { ensureGoTool } from "../../../toolchain/go-tool.ts";

const MODULE = join(import.meta.dirname, "..", "..", "..", "pipeline", "images", "go");

/** A real registry of images on a free port of this machine. */
export interface TestRegistry {
  readonly host: string;
  stop(): Promise<void>;
}

export const cranePath = (): Promise<string> =>
  ensureGoTool({ module: MODULE, program: "github.com/google/go-containerregistry/cmd/crane", typical: "half a minute" });

/** Start one; it keeps what it gets in memory. */
export async function startRegistry(): Promise<TestRegistry> {
  const host = `127.0.0.1:${await getPort({ host: "127.0.0.1" })}`;
  const server = execa(await cranePath(), ["registry", "serve", "--address", host], { reject: false, stdin: "ignore", buffer: false });
  for (let tries = 0; ; tries++) {
    const answered = await fetch(`http://${host}/v2/`).catch(() => undefined);
    if (answered?.ok) break;
    if (tries > 100) throw new Error(`the registry on ${host} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    host,
    stop: async () => {
      server.kill();
      await server;
    },
  };
}

/** All labels that a published image needs. */
export const LABELS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    ...{ title: "sluice api", source: "https://example.com/sluice", version: "1.0.0" },
    ...{ revision: "1".repeat(40), created: "2026-11-01T10:00:00Z" },
  }).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
);

/**
 * Write an image of one small file as `docker save` does.
 * @returns path of the tarball
 */
export async function tarball(
  folder: string,
  name: string,
  {
    content,
    labels = LABELS,
    created = "2026-11-20T10:00:00Z",
  }: { content: string; labels?: Readonly<Record<string, string>>; created?: string },
): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), "image-"));
  try {
    await writeFile(join(work, "hello"), content);
    const alike = ["--sort=name", "--mtime=2026-01-01", "--owner=0", "--group=0", "--numeric-owner"];
    await execa("tar", [...alike, "-cf", "layer.tar", "hello"], { cwd: work });
    const layer = createHash("sha256")
      .update(await readFile(join(work, "layer.tar")))
      .digest("hex");
    const config = {
      architecture: "amd64",
      os: "linux",
      created,
      config: { Labels: labels },
      rootfs: { type: "layers", diff_ids: [`sha256:${layer}`] },
    };
    await writeFile(join(work, "config.json"), JSON.stringify(config));
    await writeFile(
      join(work, "manifest.json"),
      JSON.stringify([{ Config: "config.json", RepoTags: [`${name}:test`], Layers: ["layer.tar"] }]),
    );
    const out = join(folder, `${name}-${content.length}-${layer.slice(0, 8)}.tar`);
    await execa("tar", ["-cf", out, "config.json", "manifest.json", "layer.tar"], { cwd: work });
    return out;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
