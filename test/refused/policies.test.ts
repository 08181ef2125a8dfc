import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { writeEvidence } from "../../evidence/file.ts";
import { imagesOf } from "../../evidence/parts/images.ts";
import { makeKeys } from "../../evidence/signature.ts";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import { EVIDENCE } from "../policies/fixtures.ts";
import { makeCertificate } from "../support/certificate.ts";
import { FAULTS, type Fault } from "../support/faults.ts";
import { type Json, type Outcome, Project } from "../support/project.ts";
import type { Raw } from "../support/settings.ts";

const STACK_TRACE = /^\s+at .*\.[cm]?[tj]s:\d+|node_modules|unhandled/im;
// Put together here so that no scanner takes this file for a leak.
const TOKEN = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");

/** What puts a broken estate right again. */
type Undo = () => Promise<void>;
interface Broken {
  readonly area: string;
  readonly rule: string;
  readonly says: string;
  readonly breakIt: (project: Project) => Promise<Undo>;
}

const inSettings =
  (change: (config: Record<string, Json>) => void) =>
  async (project: Project): Promise<Undo> => {
    const back = await project.remember();
    await project.configure(change);
    return back;
  };
const inSource =
  (fault: Fault) =>
  (project: Project): Promise<Undo> =>
    project.edit(fault);
const api = (config: Record<string, Json>): Record<string, Json> =>
  (config["sluice:services"] as Record<string, Record<string, Json>>).api as Record<string, Json>;

/** Something wrong in every area: in settings where they can be wrong, in the program where they cannot. */
const BROKEN: readonly Broken[] = [
  {
    ...{ area: "containers", rule: "container-has-read-only-root", says: "api-blue-1: its root is writable" },
    breakIt: inSource(FAULTS.writableRoot),
  },
  {
    ...{ area: "containers", rule: "container-publishes-no-port", says: "redis: it publishes 6379" },
    breakIt: inSource(FAULTS.publishedDatastore),
  },
  {
    ...{ area: "images", rule: "image-has-digest", says: "it is built here from images/web" },
    breakIt: async () => async () => undefined,
  },
  {
    ...{ area: "edge", rule: "weight-is-an-allowed-step", says: "the weight of api is 11; the steps are 0, 1, 5, 10, 25, 50, 100" },
    breakIt: inSettings((config) => Object.assign(api(config), { canaryWeight: 11 })),
  },
  {
    ...{ area: "data", rule: "data-volume-is-protected", says: "postgres-data: it holds data, and nothing protects it" },
    breakIt: async () => async () => undefined,
  },
  {
    ...{ area: "secrets", rule: "container-has-no-plain-secret", says: "its environment has what looks like a secret" },
    breakIt: inSettings((config) => Object.assign(api(config), { env: { UPSTREAM_TOKEN: TOKEN } })),
  },
  {
    ...{ area: "network", rule: "port-is-on-loopback", says: "is bound to 0.0.0.0, and nobody has said that the edge is public" },
    breakIt: inSource(FAULTS.publicEdge),
  },
  {
    ...{ area: "release", rule: "release-has-evidence", says: "dev: no evidence is declared" },
    breakIt: async () => async () => undefined,
  },
];

describe("the pack, run by the real engine", () => {
  let project: Project;
  beforeAll(async () => {
    project = await Project.make("policies");
    const made = await project.pulumi("stack", "init", "dev");
    expect(made.exitCode, made.text).toBe(0);
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  const levels = (stack: string, content: object) =>
    writeFile(join(project.root, "policies", `levels.${stack}.json`), JSON.stringify(content));
  const preview = (...args: string[]) => project.script("preview", "--stack", "dev", ...args);
  const only = (rule: string) => levels("dev", { all: "disabled", [rule]: "mandatory", "exceptions-are-in-order": "mandatory" });

  it("lets the dev stack through at its levels, with nothing to advise", async () => {
    const { exitCode, text } = await preview();
    expect(exitCode, text).toBe(0);
    expect(text).toMatch(/Policies:\s+✅ .*sluice@v/);
    expect(text).not.toMatch(/\[(advisory|mandatory)\]|can't run|warning/);
  });

  describe("everything wrong at once", () => {
    let previewed: Outcome;
    let up: Outcome;
    beforeAll(async () => {
      await levels("dev", {
        all: "disabled",
        "exceptions-are-in-order": "mandatory",
        ...Object.fromEntries(BROKEN.map(({ rule }) => [rule, "mandatory"])),
      });
      const undo: Undo[] = [];
      for (const { breakIt } of BROKEN) undo.unshift(await breakIt(project));
      previewed = await preview();
      up = await project.script("up", "--stack", "dev", "--yes");
      for (const back of undo) await back();
    });

    it.each(BROKEN)("$area: $rule stops it", ({ rule, says }) => {
      for (const { exitCode, text } of [previewed, up]) {
        expect(exitCode).not.toBe(0);
        expect(text).toContain(`[mandatory]  ${rule}`);
        expect(text).toContain(says);
      }
    });

    it("is told without a stack trace and without the secret that was found, and nothing is made", async () => {
      for (const { text } of [previewed, up]) {
        expect(text).not.toMatch(STACK_TRACE);
        expect(text).toContain("what looks like a secret");
        expect(text).not.toContain(TOKEN);
      }
      expect(await project.leftovers()).toEqual([]);
    });
  });

  it("wants a backup job that runs by itself and holds Postgres, and is content with one", async () => {
    await only("data-has-backup");
    const back = await project.remember();
    const previewed = async (maintenance: Json) => {
      await project.configure((config) => Object.assign(config, { "sluice:maintenance": maintenance }));
      return preview();
    };
    for (const name of ["backup-password", "backup-key-id", "backup-key"]) {
      const set = await project.setSecret(`sluice:secrets.${name}`, name);
      expect(set.exitCode, set.text).toBe(0);
    }
    const backup = { endpoint: "https://s3.example.com", bucket: "backups" };
    expect((await previewed({})).text).toContain("it has data stores and no backup job");
    expect((await previewed({ backup })).text).toContain("nothing begins its backup job");
    const left = { postgres: false, files: { postgres: { path: "/srv/uploads" } } };
    expect((await previewed({ scheduler: "systemd", backup: { ...backup, ...left } })).text).toContain(
      "its backup job leaves Postgres out",
    );
    const { exitCode, text } = await previewed({ scheduler: "systemd", backup });
    expect(exitCode, text).toBe(0);
    await back();
  });

  it("is not gone round by --skip-preview, and wrong levels are all named before anything runs", async () => {
    const skipped = await project.script("up", "--stack", "dev", "--yes", "--skip-preview");
    expect([skipped.exitCode, skipped.text.includes("--skip-preview would update before the gates have spoken")]).toEqual([1, true]);
    await levels("dev", { "edge-has-tsl": "mandatory", "release-evidence-is-fresh": { maxAge: 3 } });
    const { exitCode, text } = await preview();
    expect(exitCode).toBe(1);
    expect(text).toContain("edge-has-tsl: there is no such rule");
    expect(text).toContain("maxAge");
    expect(text).not.toMatch(STACK_TRACE);
  });

  describe("exceptions", () => {
    const entry = { resource: "routing", stack: "dev", reason: "testers choose their slot here", expires: "2999-12-31" };
    const excepted = async (...list: object[]) => {
      await only("edge-has-no-header-override");
      await writeFile(join(project.root, "policies", "exceptions.json"), JSON.stringify(list));
      return preview();
    };

    it("that are in order let one resource off one rule", async () => {
      expect((await excepted()).text).toContain("the header X-Sluice-Slot chooses the slot");
      const { exitCode, text } = await excepted({ ...entry, rule: "edge-has-no-header-override" });
      expect(exitCode, text).toBe(0);
    });

    it.each([
      ["have expired", { expires: "2026-01-31" }, "expired on 2026-01-31"],
      ["name an unknown rule", { rule: "edge-has-no-header" }, "there is no rule 'edge-has-no-header'"],
    ])("that %s stop it", async (_, change, says) => {
      const { exitCode, text } = await excepted({ ...entry, rule: "edge-has-no-header-override", ...change });
      expect(exitCode).not.toBe(0);
      expect(text).toContain("[mandatory]  exceptions-are-in-order");
      expect(text).toContain(says);
      expect(text).toContain("the header X-Sluice-Slot chooses the slot");
      await writeFile(join(project.root, "policies", "exceptions.json"), "[]");
    });
  });

  describe.each(["staging", "prod"])("Pulumi.%s.yaml", (stack) => {
    const keys = makeKeys();
    const file = join("cases", `Pulumi.${stack}.yaml`);
    let references: { used: string; reference: string }[];
    let head: string;
    beforeAll(async () => {
      await mkdir(join(project.root, "cases"), { recursive: true });
      const git = (...args: string[]) =>
        execa("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], { cwd: project.root });
      await git("init", "--quiet");
      await git("commit", "--quiet", "--allow-empty", "--message", "the release");
      head = (await git("rev-parse", "HEAD")).stdout;
      const tls = await makeCertificate(join(project.root, "tls", stack), "site");
      const written = parse(await readFile(join(project.root, `Pulumi.${stack}.yaml`), "utf8")) as { config: Raw };
      written.config["sluice:name"] = project.estate;
      Object.assign(written.config["sluice:host"], { docker: "unix:///var/run/docker.sock", hostKeys: undefined });
      Object.assign(written.config["sluice:edge"].tls, tls);
      Object.assign(written.config["sluice:evidence"], { publicKey: (await keys).publicKey });
      // What `npm run evidence` writes down of the same file.
      const { raw } = decodeStackFile(written.config);
      const settings = parseSettings(raw, { stack });
      if ("problems" in settings) throw new Error(JSON.stringify(settings.problems));
      references = imagesOf(settings.ok);
      await writeFile(join(project.root, file), stringify(written));
      const made = await project.pulumi("stack", "init", stack);
      expect(made.exitCode, made.text).toBe(0);
    });

    const declare = async (change: object, by = keys) => {
      const evidence = { ...EVIDENCE, stack, commit: head, images: references, createdAt: new Date().toISOString(), ...change };
      await writeEvidence(join(project.root, "release-evidence.json"), evidence, (await by).privateKey);
    };
    const judge = () => project.script("preview", "--stack", stack, "--config-file", file);

    it("passes at its levels with good evidence", async () => {
      await declare({});
      const { exitCode, text } = await judge();
      expect(exitCode, text).toBe(0);
      // They name no store for backups: its keys are secrets, which a file to copy cannot have.
      const advice = [...text.matchAll(/\[advisory\] {2}(\S+)/g)].map(([, rule]) => rule);
      expect(new Set(advice)).toEqual(
        new Set(stack === "staging" ? ["data-has-backup", "edge-has-no-header-override"] : ["data-has-backup"]),
      );
    });

    it("is stopped by too few lines covered, another commit, an old file and other images, each told", async () => {
      await declare({
        unit: { ...EVIDENCE.unit, coverage: { percent: 89.9, covered: 1, total: 2, tool: "v8" } },
        commit: "2".repeat(40),
        createdAt: "2026-01-01T00:00:00.000Z",
        images: [],
      });
      const { exitCode, text } = await judge();
      expect(exitCode).not.toBe(0);
      for (const [rule, says] of [
        ["release-unit-coverage", "89.9"],
        ["release-evidence-is-for-this-commit", "it is for commit 222222222222"],
        ["release-evidence-is-fresh", "hours old; at most"],
        ["release-evidence-covers-images", "which is not in it"],
      ] as const) {
        expect(text).toContain(`[mandatory]  ${rule}`);
        expect(text).toContain(says);
      }
      expect(text).not.toMatch(STACK_TRACE);
    });

    it("is stopped by a file that another key has signed, or that was changed", async () => {
      await declare({}, makeKeys());
      expect((await judge()).text).toContain("was signed with another key");
      await declare({});
      const path = join(project.root, "release-evidence.json");
      await writeFile(path, (await readFile(path, "utf8")).replace('"percent": 95', '"percent": 99'));
      const { exitCode, text } = await judge();
      expect(exitCode).not.toBe(0);
      expect(text).toContain("was changed after it was signed");
    });
  });
});
