import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import Table from "cli-table3";
import { Command, Option } from "commander";
import { Docker } from "../estate/docker.ts";
import { letBaseGo } from "../estate/take-down.ts";
import { main } from "../scripts/main.ts";
import { ensureDebian } from "../toolchain/debian.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { say, step } from "../toolchain/say.ts";
import { chaos } from "./chaos.ts";
import { type Figure, spell } from "./figures.ts";
import { judge } from "./judge.ts";
import { kubernetes } from "./kubernetes.ts";
import { losses } from "./losses.ts";
import { metrics } from "./metrics.ts";
import type { Part } from "./part.ts";
import { preview } from "./preview.ts";
import { rollout } from "./rollout.ts";
import { ssh } from "./ssh.ts";
import { switching } from "./switching.ts";
import { throughput } from "./throughput.ts";
import { up } from "./up.ts";

const PARTS: readonly Part[] = [up, ssh, preview, kubernetes, throughput, losses, switching, metrics, judge, rollout, chaos];

/** Who uses the base of images while it is measured: estates that come and go do not make it anew each. */
const USER = "sluice-bench";

const command = new Command("npm run bench --")
  .description("Measure what the documentation quotes. Every part has an estate of its own and removes it; all traffic stays on loopback.")
  .addOption(new Option("--only <part>", "one part").choices(PARTS.map(({ name }) => name)))
  .addOption(
    new Option("--case <case...>", "of the parts rollout and chaos, these alone").choices(PARTS.flatMap(({ cases = [] }) => cases)),
  )
  .option("--quick", "fewer rounds and requests: shows that it works, gives no numbers to quote")
  .option("--json <file>", "write the figures to a file as well")
  .addHelpText("after", `\nParts:\n${PARTS.map(({ name, title, typical }) => `  ${name.padEnd(11)} ${title} (${typical})`).join("\n")}`)
  .parse();
const { only, case: cases, quick = false, json } = command.opts<{ only?: string; case?: string[]; quick?: boolean; json?: string }>();

await main(async () => {
  const engine = await ensureEngine();
  const parts = PARTS.filter(({ name }) => only === undefined || name === only);
  const needsDocker = parts.some(({ docker = true }) => docker);
  if (needsDocker) {
    await ensureDocker();
    await ensureDebian({ user: USER });
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const results: { part: string; title: string; figures: Figure[] }[] = [];
  try {
    for (const { name, title, typical, measure } of parts) {
      const progress = step(title, quick ? undefined : typical);
      const figures = await measure({ engine, quick, ...(cases ? { cases } : {}) });
      progress.done();
      console.log(render(title, figures));
      results.push({ part: name, title, figures });
    }
  } finally {
    if (needsDocker) await letBaseGo(new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock"), USER);
  }
  say(`${machine}${quick ? "; a quick run: do not quote it" : ""}`);
  if (json) await writeFile(json, `${JSON.stringify({ date: new Date().toISOString(), machine, quick, results }, undefined, 2)}\n`);
});

function render(title: string, figures: readonly Figure[]): string {
  const table = new Table({
    head: [title, "", "", ""],
    style: { head: ["bold"], border: [] },
    colAligns: ["left", "right", "left", "left"],
  });
  table.push(...figures.map(({ name, value, unit, note = "" }) => [name, spell(value), unit, note]));
  return table.toString();
}
