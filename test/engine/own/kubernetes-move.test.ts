import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { type Cluster, startCluster } from "../../support/cluster/cluster.ts";
import { added, type Block, blocksOf, commandsOf } from "../../support/document.ts";
import { Load } from "../../support/load.ts";
import { Project } from "../../support/project.ts";
import type { Raw } from "../../support/settings.ts";

const DOCUMENT = "docs/kubernetes.md";

/** The document's own commands, one after the other, in a checkout with a running estate and a cluster whose nodes are played. */
describe("docs/kubernetes.md, moving a service to the cluster and back", () => {
  let cluster: Cluster;
  let project: Project;
  beforeAll(async () => {
    [cluster, project] = await Promise.all([startCluster(), Project.make("move")]);
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    await copyFile(cluster.kubeconfig, join(project.root, "kubeconfig.yaml"));
  });
  afterAll(async () => {
    const stopped = await project?.remove();
    await cluster?.stop();
    expect(stopped?.exitCode, stopped?.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  /** Type a command as a person does, in the project's folder. @returns what it said */
  async function type(command: string): Promise<string> {
    const { all, exitCode } = await execa("bash", ["-c", command], {
      ...{ cwd: project.root, all: true, reject: false, stdin: "ignore" },
      env: { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
    });
    expect(exitCode, `${command}\n${all}`).toBe(0);
    return all ?? "";
  }

  /** Write down what the document adds to the stack file. */
  async function write({ text }: Block): Promise<void> {
    const file = join(project.root, "Pulumi.dev.yaml");
    const content = parse(await readFile(file, "utf8")) as Raw;
    const more = parse(text.replaceAll("<digest>", "1".repeat(64))) as Raw;
    await writeFile(file, stringify({ ...content, config: added(content.config, more) }));
  }

  /** Go through blocks until one whose commands end with an `up`, that one included. @returns the blocks that are left */
  async function untilUp([block, ...rest]: readonly Block[]): Promise<readonly Block[]> {
    if (!block) throw new Error(`${DOCUMENT} has fewer steps than this test`);
    if (block.language === "yaml") await write(block);
    else if (block.language !== "sh") throw new Error(`${DOCUMENT} has a block that is neither run nor written: ${block.language}`);
    const commands = block.language === "sh" ? commandsOf(block) : [];
    for (const command of commands) await type(command);
    return / up /.test(commands.at(-1) ?? "") || /run up/.test(commands.at(-1) ?? "") ? rest : untilUp(rest);
  }

  const onHost = async () =>
    (await project.docker.containers(project.estate)).map(({ Name }) => Name).filter((name) => name.includes(`${project.estate}-web-`))
      .length;
  const objects = async (path: string) => {
    const found = await cluster.api.request<{ items?: { metadata: { name: string } }[] }>("GET", path).catch(() => ({ items: [] }));
    return (found.items ?? []).map(({ metadata }) => metadata.name).sort();
  };
  const deployments = () => objects(`/apis/apps/v1/namespaces/${project.estate}/deployments`);
  const namespaces = async () => (await objects("/api/v1/namespaces")).filter((name) => name === project.estate);
  /** Clients of the host while something is done: nobody waits for a move. */
  const served = async (work: () => Promise<readonly Block[]>) => {
    let rest: readonly Block[] = [];
    const { result } = await Load.during({ origin: project.url, path: "/", method: "GET", connections: 4 }, async () => {
      rest = await work();
    });
    expect(result).toMatchObject({ failed: 0, errors: {} });
    expect(result.slots.blue, "answers of the host").toBeGreaterThan(0);
    return rest;
  };

  let there: readonly Block[];
  let back: readonly Block[];

  it("runs both side by side, while every client of the host is served", async () => {
    there = await served(async () => untilUp(await blocksOf(DOCUMENT, "Moving a service to the cluster")));
    expect(await deployments()).toEqual(["web-k-blue", "web-k-green"]);
    const route = await cluster.api.get(`/apis/gateway.networking.k8s.io/v1/namespaces/${project.estate}/httproutes/web-k`);
    expect(route.spec.hostnames).toEqual(["shop.example.com"]);
    // Testers choose their slot by a header first; everybody else has the weights.
    expect(
      route.spec.rules.map(({ backendRefs }: Raw) => backendRefs.map(({ name, weight }: Raw) => `${name} ${weight}`).join(", ")),
    ).toEqual(["web-k-blue 1", "web-k-green 1", "web-k-blue 100, web-k-green 0"]);
    expect(await onHost()).toBeGreaterThan(0);
  });

  it("then the host's is gone, and the cluster's is as it was", async () => {
    const before = await cluster.api.get(`/apis/apps/v1/namespaces/${project.estate}/deployments/web-k-blue`);
    expect(await untilUp(there)).toEqual([]);
    expect(await onHost()).toBe(0);
    const after = await cluster.api.get(`/apis/apps/v1/namespaces/${project.estate}/deployments/web-k-blue`);
    expect([after.metadata.uid, after.metadata.generation]).toEqual([before.metadata.uid, before.metadata.generation]);
  });

  it("comes back beside the cluster's", async () => {
    back = await untilUp(await blocksOf(DOCUMENT, "And back"));
    expect(await onHost()).toBeGreaterThan(0);
    expect(await deployments()).toEqual(["web-k-blue", "web-k-green"]);
    expect((await fetch(`${project.url}/`)).status).toBe(200);
  });

  it("then the cluster's is gone, and every client of the host is served", async () => {
    back = await served(() => untilUp(back));
    expect(await deployments()).toEqual([]);
    expect(await namespaces()).toEqual([project.estate]);
  });

  it("and nothing of it is left in the cluster", async () => {
    expect(await untilUp(back)).toEqual([]);
    expect(await namespaces()).toEqual([]);
  });
});
