import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKS, type Inspected, type Machine, type Result, runChecks } from "../support/cis.ts";
import { Project } from "../support/project.ts";

const PAGE = join(import.meta.dirname, "..", "..", "docs", "cis.md");

/** What docs/cis.md has as a table; `SLUICE_WRITE_DOCS=1` writes it anew. */
const row = ({ id, title, result, reason }: Result): string => `| ${id} | ${title} | ${result} | ${reason} |`;
const pageOf = (results: readonly Result[], containers: number): string =>
  [
    "# The running containers against the CIS Docker Benchmark",
    "",
    `Section 5 (container runtime) of the CIS Docker Benchmark 1.6.0, on the ${containers} containers of a running dev stack, as \`docker inspect\` has them.`,
    "`npm test -- --room engine cis` runs the checks and holds this table against what it finds; what does not apply says why.",
    "",
    "| check | what is asked | result | why |",
    "|---|---|---|---|",
    ...results.map(row),
    "",
  ].join("\n");

describe("the containers of a running stack", () => {
  const project = Project.shared();

  async function inspect(): Promise<Inspected[]> {
    const ids = await project.docker.list("container", project.estate);
    const found = JSON.parse(await project.docker.run(["inspect", ...ids])) as Omit<Inspected, "programs">[];
    return Promise.all(
      found.map(async (one) => {
        const [, ...lines] = (await project.docker.run(["top", one.Name.slice(1), "-eo", "pid,comm"])).trim().split("\n");
        return { ...one, programs: lines };
      }),
    );
  }
  const machine = async (): Promise<Machine> => {
    const info = JSON.parse(await project.docker.run(["info", "--format", "{{json .}}"])) as {
      SecurityOptions: string[];
      Swarm: { LocalNodeState: string };
    };
    return { securityOptions: info.SecurityOptions, swarm: info.Swarm.LocalNodeState === "active" };
  };

  it("pass every check of the CIS Docker Benchmark, section 5, that applies", async () => {
    const containers = await inspect();
    expect(containers.length).toBeGreaterThanOrEqual(15);
    const results = runChecks(containers, await machine());
    console.log(results.map(row).join("\n"));
    expect(results.map(({ id }) => id)).toEqual(Array.from({ length: 32 }, (_, index) => `5.${index + 1}`));
    expect(results.filter(({ result }) => result === "fail")).toEqual([]);
    const page = pageOf(results, containers.length);
    if (process.env.SLUICE_WRITE_DOCS) await writeFile(PAGE, page);
    const onEveryMachine = (text: string): string[] => text.split("\n").filter((line) => !/^\| 5\.[123] \|/.test(line));
    expect(onEveryMachine(await readFile(PAGE, "utf8"))).toEqual(onEveryMachine(page));
  });

  it("would not, if they were made otherwise: each check has a container that fails it", async () => {
    const [container] = await inspect();
    if (!container) throw new Error("no container");
    const { HostConfig } = container;
    const host = (change: object): Inspected => ({ ...container, HostConfig: { ...HostConfig, ...change } });
    const port = (HostIp: string, HostPort: string): Inspected => ({
      ...container,
      Name: "/x",
      NetworkSettings: { ...container.NetworkSettings, Ports: { "80/tcp": [{ HostIp, HostPort }] } },
    });
    const mount = (Source: string, Propagation = ""): Inspected => ({
      ...container,
      Mounts: [{ Type: "bind", Source, Propagation, RW: true }],
    });
    const bad: Readonly<Record<string, Inspected>> = {
      "5.1": container,
      "5.2": host({ SecurityOpt: ["apparmor=unconfined"] }),
      "5.3": host({ SecurityOpt: [] }),
      "5.4": host({ CapAdd: ["NET_ADMIN"] }),
      "5.5": host({ Privileged: true }),
      "5.6": mount("/etc"),
      "5.7": { ...container, programs: ["sshd"] },
      "5.8": port("127.0.0.1", "80"),
      "5.9": port("127.0.0.1", "8080"),
      "5.10": host({ NetworkMode: "host" }),
      "5.11": host({ Memory: 0 }),
      "5.12": host({ NanoCpus: 0 }),
      "5.13": host({ ReadonlyRootfs: false }),
      "5.14": port("0.0.0.0", "8080"),
      "5.16": host({ PidMode: "host" }),
      "5.17": host({ IpcMode: "host" }),
      "5.18": host({ Devices: [{}] }),
      "5.19": host({ Ulimits: [{}] }),
      "5.20": mount("/srv", "rshared"),
      "5.21": host({ UTSMode: "host" }),
      "5.22": host({ SecurityOpt: ["seccomp=unconfined"] }),
      "5.25": host({ CgroupParent: "/x" }),
      "5.26": host({ SecurityOpt: [] }),
      "5.27": { ...container, Config: { ...container.Config, Healthcheck: null } },
      "5.29": host({ PidsLimit: null }),
      "5.30": { ...container, NetworkSettings: { ...container.NetworkSettings, Networks: { bridge: {} } } },
      "5.31": host({ UsernsMode: "host" }),
      "5.32": mount("/var/run/docker.sock"),
    };
    const strict: Machine = { securityOptions: ["name=apparmor", "name=selinux"], swarm: true };
    for (const { id, holds } of CHECKS) {
      if (!holds) continue;
      const example = bad[id];
      expect(example, id).toBeDefined();
      const found = runChecks(example ? [example] : [], strict).find((one) => one.id === id);
      expect(found?.result, id).toBe("fail");
    }
  });
});
