import { readFile, rename, writeFile } from "node:fs/promises";
import Table from "cli-table3";
import { Command } from "commander";
import { orderIn, secretNames } from "../dokploy/from-settings.ts";
import type { Look } from "../dokploy/look.ts";
import { imageOf, newest } from "../dokploy/plan.ts";
import type { ApplicationOrder } from "../dokploy/spec.ts";
import { addressOf } from "../dokploy/spec.ts";
import { withImage } from "../dokploy/stack-file.ts";
import { type Project, readProject } from "../estate/project.ts";
import type { DokploySettings } from "../settings/types.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";

/** A stack that has a Dokploy. */
interface Stack extends Project {
  readonly dokploy: DokploySettings;
}

/** @throws Problem when the stack has none */
function stackOf(name: string): Stack {
  const project = readProject(name);
  const { dokploy } = project.settings;
  if (!dokploy)
    throw new Problem(`The stack '${name}' has no Dokploy: Pulumi.${name}.yaml lacks \`sluice:dokploy\`. Name another one with --stack.`);
  return { ...project, dokploy };
}

/** Orders of all applications, with their secrets; or of the one that is named. */
async function ordersOf(stack: Stack, only?: string): Promise<ApplicationOrder[]> {
  const chosen = stack.dokploy.applications.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw new Problem(noSuch(stack, only));
  const { secretsOf } = await import("../estate/secrets.ts");
  const values = await secretsOf(stack);
  const { name: estate, protectData: protect } = stack.settings;
  return chosen.map((application) => {
    const missing = secretNames(stack.dokploy, application).filter((name) => values[name] === undefined);
    if (missing.length > 0) throw new Problem(`The stack '${stack.stack}' has no secret ${missing.join(", ")}.`);
    return orderIn(stack.dokploy, application, { estate, protect }, values);
  });
}

function noSuch({ stack, dokploy: { applications } }: Stack, only: string | undefined): string {
  if (only === undefined) return `\`sluice:dokploy\` of the stack '${stack}' has no applications.`;
  return `\`sluice:dokploy\` of the stack '${stack}' has no application '${only}'. It has: ${applications.map(({ name }) => name).join(", ")}`;
}

async function lookAt(order: ApplicationOrder): Promise<Look> {
  const { look } = await import("../dokploy/look.ts");
  return look(order);
}

async function list(name: string): Promise<void> {
  const stack = stackOf(name);
  const orders = await ordersOf(stack);
  const table = new Table({ head: ["application", "state", "image in Dokploy", "domains", "to do"], style: { head: [], border: [] } });
  for (const order of orders) {
    const { found, toDo, foreign } = await lookAt(order);
    const state = found === undefined ? "missing" : foreign ? "not this stack's" : found.application.applicationStatus;
    const domains = found?.domains.map(({ host, path, https }) => addressOf({ host, path: path ?? "/", https })) ?? [];
    table.push([
      order.application.name,
      state,
      found?.application.dockerImage ?? "",
      domains.join("\n"),
      toDo.length === 0 ? "" : `${toDo.length} steps`,
    ]);
  }
  console.log(table.toString());
}

async function status(name: string, application: string): Promise<void> {
  const [order] = (await ordersOf(stackOf(name), application)) as [ApplicationOrder];
  const { found, toDo } = await lookAt(order);
  if (found === undefined) throw new Problem(`Dokploy has no application '${application}' there. Make it: npm run up -- --stack ${name}`);
  const { applicationStatus, dockerImage, replicas } = found.application;
  console.log(`${application}: ${applicationStatus}, ${replicas} replica${replicas === 1 ? "" : "s"}, ${dockerImage ?? "no image"}`);
  for (const { host, path, https, port } of found.domains)
    console.log(`  ${addressOf({ host, path: path ?? "/", https })} to port ${port}`);
  const table = new Table({ head: ["deployment", "state", "what"], style: { head: [], border: [] } });
  const newestFirst = [...found.deployments].sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  table.push(...newestFirst.map(({ createdAt, status: state, title }) => [createdAt, state ?? "", title]));
  console.log(table.toString());
  if (toDo.length > 0) throw new Problem([`It is not as the settings say. \`npm run up -- --stack ${name}\` would:`, ...toDo].join("\n  "));
  console.log("It is as the settings say.");
}

async function adopt(name: string, application: string): Promise<void> {
  const [order] = (await ordersOf(stackOf(name), application)) as [ApplicationOrder];
  const { adopt: handOver } = await import("../dokploy/perform.ts");
  const toDo = await handOver(order);
  console.log(`${application}: it is this stack's now. Nothing else of it was changed.`);
  if (toDo.length > 0) console.log([`\`npm run up -- --stack ${name}\` will:`, ...toDo].join("\n  "));
}

async function deploy(name: string, application: string, image: string | undefined, yes: boolean): Promise<void> {
  const { stackFile, dokploy, stack } = stackOf(name);
  if (!dokploy.applications.some((one) => one.name === application)) throw new Problem(noSuch(stackOf(name), application));
  const before = await readFile(stackFile, "utf8");
  if (image !== undefined) {
    await put(stackFile, withImage(before, application, image));
    try {
      readProject(name);
    } catch (error) {
      await put(stackFile, before);
      throw error;
    }
  }
  const { runEngine } = await import("./engine-run.ts");
  const { gatesOf } = await import("../estate/policy.ts");
  process.exitCode = await runEngine(["up", "--stack", stack, ...(yes ? ["--yes"] : [])], (of) => gatesOf(process.cwd(), of));
  if (process.exitCode !== 0 && image !== undefined)
    console.error(
      `\nPulumi.${stack}.yaml names the new image. Put right what is said above and run this again, or go back: npm run dokploy -- rollback ${application} --stack ${stack}`,
    );
}

/** A file is swapped in one step: a run that is killed leaves the old one or the new one. */
async function put(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function rollback(name: string, application: string, yes: boolean): Promise<void> {
  const [order] = (await ordersOf(stackOf(name), application)) as [ApplicationOrder];
  const { found } = await lookAt(order);
  const { image } = order.application;
  const former = (found?.deployments ?? []).filter((one) => one.status === "done" && ![undefined, image].includes(imageOf(one)));
  const last = newest(former);
  const before = last && imageOf(last);
  if (before === undefined)
    throw new Problem(
      `Dokploy knows of no deployment of '${application}' with another image than ${image}: it keeps the last ten. Name one: npm run dokploy -- deploy ${application} --image …`,
    );
  console.log(`${application}: back to ${before}`);
  await deploy(name, application, before, yes);
}

await main(async () => {
  const program = new Command("npm run dokploy --").description(
    "Applications that a Dokploy runs, as a stack's `sluice:dokploy` describes them (docs/dokploy.md).",
  );
  const command = (name: string, words: string) => program.command(name).description(words).option("--stack <name>", "which stack", "dev");
  command("list", "what Dokploy has of every application").action(({ stack }) => list(stack));
  command("status <application>", "state, domains and deployments of one; exit code 1 when it is not as the settings say").action(
    (one, { stack }) => status(stack, one),
  );
  command("deploy <application>", "write the image into the stack file, then up, with its gates, and wait for the deployment")
    .option("--image <reference>", "the image; without it, what the stack file says is brought up")
    .option("--yes", "do not ask before the update")
    .action((one, { stack, image, yes = false }) => deploy(stack, one, image, yes));
  command(
    "rollback <application>",
    "back to the image of the last good deployment with another one; its variables stay as the stack file has them",
  )
    .option("--yes", "do not ask before the update")
    .action((one, { stack, yes = false }) => rollback(stack, one, yes));
  command(
    "adopt <application>",
    "hand an application that people made in Dokploy to the stack, and say what the next up changes of it",
  ).action((one, { stack }) => adopt(stack, one));
  await program.parseAsync();
});
