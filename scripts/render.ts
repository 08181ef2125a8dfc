import { join } from "node:path";
import { Command } from "commander";
import { ensurePluginsOf } from "../estate/plugins.ts";
import { readProject } from "../estate/project.ts";
import { renderManifests } from "../estate/render.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { main } from "./main.ts";

/** Where `npm run render` writes, relative to the project. */
const MANIFESTS_FOLDER = "dist/manifests";

const command = new Command("npm run render --")
  .description(
    "Write what a stack runs in its Kubernetes cluster as manifests, for reviews, GitOps and scanners. No cluster, no passphrase and no Docker are needed; nothing is changed, and no secret is written: in its place stands a text that is none.",
  )
  .option("--stack <name>", "which stack", "prod")
  .option("--out <folder>", "where to; it is replaced as a whole", MANIFESTS_FOLDER)
  .parse();
const { stack, out } = command.opts<{ stack: string; out: string }>();

await main(async () => {
  const engine = await ensureEngine();
  await ensurePluginsOf(stack, engine);
  const files = await renderManifests(readProject(stack), engine, out);
  for (const file of files) console.log(join(out, file));
  console.log(`${files.length} manifests of the stack ${stack} are in ${out}`);
});
