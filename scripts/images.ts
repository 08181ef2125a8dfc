import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { headCommit } from "../evidence/git.ts";
import { allRoles, builder, reproduce } from "../pipeline/images/build.ts";
import { withLogins } from "../pipeline/images/login.ts";
import { type Manifest, readManifest } from "../pipeline/images/manifest.ts";
import { promote } from "../pipeline/images/promote.ts";
import { type Pruned, prune } from "../pipeline/images/prune.ts";
import { publish, published, type Role } from "../pipeline/images/publish.ts";
import { parseRegistries, REGISTRIES, repositoryOf } from "../pipeline/images/registries.ts";
import { digestsIn } from "../pipeline/images/retention.ts";
import { shelfOf, untouched } from "../pipeline/images/shelves.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { main } from "./main.ts";

const registries = () => parseRegistries(process.env[REGISTRIES]);

const program = new Command("npm run images --").description(
  `Images: built once, published everywhere, promoted by digest, and taken away when they are old. ${REGISTRIES} says where, e.g. ghcr.io/example`,
);

program
  .command("build")
  .description("build every role and write it as a tarball; nothing is published")
  .option("--role <name...>", "these roles alone")
  .option("--out <folder>", "where the tarballs go", "images-built")
  .action(({ role, out }: { role?: string[]; out: string }) =>
    main(async () => {
      const build = builder(out);
      for (const one of await rolesNamed(role)) say(await build(one));
    }),
  );

program
  .command("publish")
  .description(
    "publish the images of the commit that is checked out, as sha-…, content-… and latest; what has been built before is not built again",
  )
  .option("--role <name...>", "these roles alone")
  .option("--fresh", "build all of them again: Debian's updates do not change what goes in")
  .requiredOption("--out <folder>", "where images.json goes: what promotions and deploys read")
  .action(({ role, fresh = false, out }: { role?: string[]; fresh?: boolean; out: string }) =>
    main(async () => {
      const [commit, roles] = await Promise.all([head(), rolesNamed(role)]);
      const where = registries();
      const manifest = await withLogins(where, (crane) =>
        publish({ crane, registries: where, roles, commit, now: new Date(), build: builder(join(out, "tarballs")), fresh, say }),
      );
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "images.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
      say(`${join(out, "images.json")} names ${manifest.images.length} images of commit ${commit.slice(0, 12)}.`);
    }),
  );

program
  .command("promote [manifest]")
  .description("give the very images of a manifest (or of a commit) one more tag: staging-DATE, prod-DATE or a version. Nothing is built")
  .requiredOption("--to <where>", "staging, prod, or a version as in v1.2.3")
  .option("--commit <sha>", "the images that were published for this commit")
  .option("--wait <minutes>", "how long to wait for them to be published", minutes, 0)
  .action((file: string | undefined, { to, commit, wait }: { to: string; commit?: string; wait: number }) =>
    main(async () => {
      if ((file === undefined) === (commit === undefined))
        throw new Problem("Name the images by one of two: a manifest (images.json), or --commit.");
      const where = registries();
      await withLogins(where, async (crane) => {
        const manifest = file === undefined ? await awaited(crane, commit ?? "", wait) : await readManifest(file);
        const tag = await promote(crane, manifest, to, new Date());
        say(`${manifest.images.length} images of commit ${manifest.commit.slice(0, 12)} are ${tag} now.`);
      });
    }),
  );

program
  .command("pull")
  .description("fetch published images as tarballs, to scan them")
  .requiredOption("--tag <tag>", "which ones, e.g. latest")
  .requiredOption("--out <folder>", "where the tarballs go")
  .action(({ tag, out }: { tag: string; out: string }) =>
    main(async () => {
      const [first] = registries();
      if (first === undefined) return;
      await mkdir(out, { recursive: true });
      await withLogins([first], async (crane) => {
        for (const { role } of await allRoles()) await crane.pull(`${repositoryOf(first, role)}:${tag}`, join(out, `${role}.tar`));
      });
    }),
  );

program
  .command("prune")
  .description("which old images go, and why the others stay; with --yes they are taken away. What a stack file names always stays")
  .option("--yes", "take them away")
  .option("--json", "machine-readable")
  .action(({ yes = false, json = false }: { yes?: boolean; json?: boolean }) =>
    main(async () => {
      const where = registries();
      const named = new Set((await stackFiles()).flatMap(digestsIn));
      const roles = await allRoles();
      for (const registry of where) if (untouched(registry) !== undefined) say(`${registry.host}: ${untouched(registry)}`);
      const done: Pruned[] = [];
      await withLogins(where, async (crane) => {
        for (const registry of where.filter((one) => untouched(one) === undefined))
          for (const { role } of roles) done.push(await prune(await shelfOf(crane, registry, role), named, Date.now(), { remove: yes }));
      });
      if (json) console.log(JSON.stringify(done, undefined, 2));
      else console.log(table(done, yes));
    }),
  );

program
  .command("reproduce <role>")
  .description("build a role twice from nothing and compare every file; exit code 1 where the two differ")
  .action((role: string) =>
    main(async () => {
      await rolesNamed([role]);
      const different = await reproduce(role);
      if (different.length === 0) return say(`${role}: two builds from nothing have the same files.`);
      throw new Problem(
        [`${role} cannot be built again as it is: ${different.length} files differ.`, ...different.slice(0, 50)].join("\n  "),
      );
    }),
  );

await program.parseAsync();

async function head(): Promise<string> {
  const commit = await headCommit(process.cwd());
  if (commit === undefined) throw new Problem("There is no commit here that images could be published for. Run this in a git checkout.");
  return commit;
}

async function rolesNamed(names: readonly string[] | undefined): Promise<Role[]> {
  const all = await allRoles();
  const unknown = (names ?? []).filter((name) => !all.some(({ role }) => role === name));
  if (unknown.length > 0)
    throw new Problem(
      `There is no image ${unknown.map((name) => `'${name}'`).join(", ")}; allowed: ${all.map(({ role }) => role).join(", ")}`,
    );
  return names === undefined ? all : all.filter(({ role }) => names.includes(role));
}

async function awaited(crane: Parameters<typeof published>[0]["crane"], commit: string, wait: number): Promise<Manifest> {
  const until = Date.now() + wait * 60_000;
  const roles = await allRoles();
  for (;;) {
    const found = await published({ crane, registries: registries(), roles, commit, now: new Date() });
    if (!("missing" in found)) return found;
    if (Date.now() >= until)
      throw new Problem(
        [`The images of ${commit.slice(0, 12)} are not all published:`, ...found.missing.map((one) => `  ${one}`)].join("\n"),
      );
    say(`waiting for ${found.missing.length} images of ${commit.slice(0, 12)}`);
    await sleep(15_000);
  }
}

async function stackFiles(): Promise<string[]> {
  const names = (await readdir(".")).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  return Promise.all(names.map((name) => readFile(name, "utf8")));
}

function table(done: readonly Pruned[], removed: boolean): string {
  const rows = new Table({ head: ["repository", "stay", removed ? "taken away" : "would go"] });
  for (const { repository, decisions } of done) {
    const old = decisions
      .filter(({ why }) => why === undefined)
      .map(({ image }) => `${image.digest.slice(0, 19)} ${image.tags.join(" ")}`.trim());
    rows.push([repository, decisions.length - old.length, old.join("\n") || "none"]);
  }
  return rows.toString();
}

function minutes(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 120)) throw new InvalidArgumentError("Allowed: minutes from 0 to 120.");
  return value;
}
