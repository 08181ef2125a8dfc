import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { execa } from "execa";
import { type ImageRecord, prepareImages, recordPath } from "./prepare.ts";

/** Writes the exact versions of every package in the built images into `images/packages/`, to be committed. */
const program = new Command("images:packages")
  .description("Write images/packages/<role>.txt: the exact Debian packages of every built image.")
  .option("--estate <name>", "whose images to read", "sluice-dev")
  .option("--image <role=reference...>", "read this image for a role instead");
program.parse();
const { estate, image = [] } = program.opts<{ estate: string; image?: string[] }>();

const given = new Map(image.map((pair) => pair.split(/=(.*)/s, 2) as [string, string]));
const roles = Object.keys(JSON.parse(readFileSync(join(import.meta.dirname, "packages.json"), "utf8")) as Record<string, unknown>);
const folder = join(import.meta.dirname, "packages");

await prepareImages();
mkdirSync(folder, { recursive: true });
for (const role of roles) {
  const { hash } = JSON.parse(readFileSync(recordPath(role), "utf8")) as ImageRecord;
  const reference = given.get(role) ?? `${estate}/${role}:${hash}`;
  const args = ["run", "--rm", "--network", "none", "--entrypoint", "cat", reference, "/usr/share/sluice/packages.txt"];
  const { stdout, stderr, exitCode } = await execa("docker", args, { reject: false });
  if (exitCode !== 0) {
    console.error(`cannot read the packages of '${reference}': ${stderr.trim()}\nBuild the images first: npm start`);
    process.exit(1);
  }
  writeFileSync(join(folder, `${role}.txt`), `${stdout}\n`);
  console.log(`${role.padEnd(9)} ${stdout.split("\n").length} packages`);
}
