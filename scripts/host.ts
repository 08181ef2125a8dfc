import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { execa } from "execa";
import { type SshAddress, sshAddress } from "../components/host/ssh.ts";
import { Link } from "../estate/prepare/link.ts";
import { Machine } from "../estate/prepare/machine.ts";
import { open, type Planned, stepsOf } from "../estate/prepare/plan.ts";
import { look, make, readPrograms } from "../estate/prepare/prepare.ts";
import { renderPlan, renderSum } from "../estate/prepare/render.ts";
import type { Wish } from "../estate/prepare/step.ts";
import { readProject } from "../estate/project.ts";
import { hostsOf } from "../settings/hosts.ts";
import { MAIN } from "../settings/place.ts";
import type { NamedHost } from "../settings/types.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { place } from "../toolchain/ssh/words.ts";
import { main } from "./main.ts";

interface LinkOptions {
  readonly stack: string;
  readonly check?: boolean;
  readonly remove?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

interface Options {
  readonly stack?: string;
  readonly at?: string | undefined;
  readonly user: string;
  readonly key: readonly string[];
  readonly hostKey: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXITS = `
HOST is user@name[:port], of an account that is root or may become it without a password; with --stack it may be left out: root on the stack's host.
Which keys the host may show: --host-key, else those of the stack's settings, else your known_hosts. Nothing else is believed.
Exit codes: 0 all is as it should be, 1 it is not, or it could not be looked at. More: docs/hosts.md`;

const program = new Command("npm run host --")
  .description("Machines that estates run on: make one ready, check it, show its keys.\nnpm run host -- prepare root@vps.example.com")
  .addHelpText("after", EXITS);
withOptions(program.command("prepare [host]"))
  .description("make a bare Debian 12 or 13 ready: shows what it would do, asks, and does it; may be run again at any time")
  .option("--yes", "do not ask")
  .action((host: string | undefined, options: Options) => main(() => prepare(host, options)));
withOptions(program.command("check [host]"))
  .description("look whether a host is as `prepare` would make it; nothing is changed")
  .option("--json", "machine-readable")
  .action((host: string | undefined, options: Options) => main(() => check(host, options)));
program
  .command("link")
  .description("join the networks of a stack's hosts by WireGuard: shows what it would do, asks, does it, and waits until all have met")
  .requiredOption("--stack <name>", "the stack whose settings name the hosts")
  .option("--check", "only look; exit code 1 when something differs")
  .option("--remove", "take the link away")
  .option("--yes", "do not ask")
  .option("--json", "machine-readable, with --check")
  .action((options: LinkOptions) => main(() => link(options)));
program
  .command("keys <host>")
  .description("show the public keys that a host presents, for sluice:host.hostKeys; believe them only after comparing")
  .action((host: string) => main(() => keys(host)));

await program.parseAsync();

function withOptions(command: Command): Command {
  return command
    .option("--stack <name>", "the stack whose settings name the host and its keys")
    .option("--at <name>", "which of the stack's hosts, where it has several (default: each)")
    .option("--user <name>", "the account that deploys", "deploy")
    .option("--key <file...>", "public keys that sign in as that account (default: those that sign in as yours)", [])
    .option("--host-key <line...>", "public key that the host may show, as in `ssh-ed25519 AAAA…`", []);
}

async function prepare(host: string | undefined, options: Options): Promise<void> {
  for (const at of meant(host, options)) await prepareOne(host, { ...options, at });
}

/** Which of a stack's hosts are meant where none is named: all of them. Without a stack, whatever is named. */
function meant(host: string | undefined, { stack, at }: Options): (string | undefined)[] {
  if (host !== undefined || at !== undefined || stack === undefined) return [at];
  return hostsOf(readProject(stack).settings).map(({ name }) => name);
}

async function prepareOne(host: string | undefined, options: Options): Promise<void> {
  const { machine, wish } = await begin(host, options);
  const steps = stepsOf(wish);
  const looked = await look(machine, steps);
  console.log(`${place(machine.address)}\n${renderPlan(looked.plan)}\n\n${renderSum(looked.plan)}`);
  if (open(looked.plan).length === 0) return;
  if (!options.yes && !(await agreed())) throw new Problem("Nothing was changed.");
  const after = await make(machine, steps, looked, wish.user);
  console.log(`\n${renderSum(after.plan)}\n\n${settingsFor(machine.address, wish, after.ground.hostKeys, options.at)}`);
}

async function check(host: string | undefined, options: Options): Promise<void> {
  const names = meant(host, options);
  const found: Record<string, ReturnType<typeof differences>> = {};
  for (const at of names) {
    const { machine, wish } = await begin(host, { ...options, at });
    const { plan } = await look(machine, stepsOf(wish));
    found[at ?? MAIN] = differences(plan);
    if (!options.json) console.log(`${place(machine.address)}\n${renderPlan(plan)}\n\n${renderSum(plan)}`);
    if (open(plan).length > 0) process.exitCode = 1;
  }
  // One host is one list; several are told apart by name.
  if (options.json) console.log(JSON.stringify(names.length > 1 ? found : Object.values(found)[0], undefined, 2));
}

/** A plan for machines. A function, because the command above begins before what stands here is reached. */
function differences(plan: readonly Planned[]) {
  return plan.map(({ step, differs }) => ({ name: step.name, title: step.title, differs }));
}

async function keys(host: string): Promise<void> {
  const { host: name, port } = addressOf(host);
  const scan = await execa("ssh-keyscan", ["-T", "10", "-t", "ed25519,ecdsa,rsa", "-p", `${port}`, name], { reject: false });
  const lines = (scan.stdout ?? "").split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0)
    throw new Problem(`${name} shows no key on port ${port}. See that the machine runs, and that name and port are right.`);
  for (const line of lines.sort()) {
    const key = line.split(" ").slice(1, 3).join(" ");
    const print = await execa("ssh-keygen", ["-l", "-f", "-"], { input: `${key}\n` });
    console.log(`${key}\n  ${print.stdout.split(" ").slice(0, 2).join(" ")}`);
  }
  say(
    "\nThis is what answers there, whoever it is. Compare it with what the provider's console shows (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then put\na key's line into sluice:host.hostKeys. The one of ssh-ed25519 is enough.",
  );
}

async function begin(host: string | undefined, options: Options): Promise<{ readonly machine: Machine; readonly wish: Wish }> {
  const { stack, at, user, key, hostKey } = options;
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user) || user === "root")
    throw new Problem(
      `--user: '${user}' cannot be the account that deploys. Allowed: lower-case letters, digits, - and _, and not root; for example deploy.`,
    );
  if (at !== undefined && stack === undefined) throw new Problem("--at names one of a stack's hosts: say --stack, too.");
  const settings = stack === undefined ? undefined : hostAt(stack, at);
  const known = settings === undefined ? undefined : sshAddress(settings.docker);
  if (stack !== undefined && known === undefined)
    throw new Problem(
      `The stack '${stack}' is on ${settings?.docker}, which is not reached by ssh. Leave --stack out, or set sluice:host.docker.`,
    );
  if (host === undefined && known === undefined)
    throw new Problem("Which host? npm run host -- prepare root@vps.example.com, or --stack NAME.");
  const address = host === undefined ? { ...(known as SshAddress), user: "root" } : addressOf(host);
  const same = known !== undefined && known.host === address.host && known.port === address.port;
  const pinned = hostKey.length > 0 ? hostKey : same ? settings?.hostKeys : undefined;
  const machine = new Machine(address, { hostKeys: pinned, stack: pinned !== undefined && hostKey.length === 0 ? stack : undefined });
  return { machine, wish: { user, keys: key.map(readKey), programs: await readPrograms(process.cwd()) } };
}

/** @throws Problem when the stack has no such host */
function hostAt(stack: string, at: string | undefined): NamedHost {
  const hosts = hostsOf(readProject(stack).settings);
  const found = hosts.find(({ name }) => name === (at ?? MAIN));
  if (found !== undefined) return found;
  throw new Problem(`The stack '${stack}' has no host '${at}'. It has ${hosts.map(({ name }) => name).join(", ")}.`);
}

async function link({ stack, check: onlyLook, remove, yes, json }: LinkOptions): Promise<void> {
  const joined = new Link(readProject(stack));
  if (remove) {
    console.log(`The hosts of '${stack}' lose the link between them: what runs on one no longer reaches what runs on another.`);
    if (!yes && !(await agreed())) throw new Problem("Nothing was changed.");
    await joined.remove();
    console.log("It is gone.");
    return;
  }
  const found = await joined.look();
  if (json)
    console.log(
      JSON.stringify(
        found.map(({ name, plan }) => ({ name, steps: differences(plan) })),
        undefined,
        2,
      ),
    );
  else for (const { name, place: at, plan } of found) console.log(`${name}  ${at}\n${renderPlan(plan)}\n`);
  const differs = found.some(({ plan }) => open(plan).length > 0);
  if (onlyLook) {
    if (differs) process.exitCode = 1;
    else await joined.meet();
    return;
  }
  if (differs) {
    if (!yes && !(await agreed())) throw new Problem("Nothing was changed.");
    await joined.make();
  } else await joined.meet();
  console.log("Each host reaches each other one.");
}

function addressOf(host: string): SshAddress {
  const address = sshAddress(host.startsWith("ssh://") ? host : `ssh://${host}`);
  if (address === undefined) throw new Problem(`'${host}' is no host. Allowed: user@name[:port], for example root@vps.example.com.`);
  return address;
}

function readKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch {
    throw new Problem(`--key ${file} cannot be read. It is the public half of a key, as in ~/.ssh/id_ed25519.pub.`);
  }
  if (text.includes("PRIVATE KEY")) throw new Problem(`--key ${file} is a private key. Name the public half: ${file}.pub`);
  if (!/^(?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/]+=*/.test(text))
    throw new Problem(`--key ${file} is no public key. It is one line, as in ssh-ed25519 AAAA….`);
  return text;
}

async function agreed(): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Problem("Nothing was changed: nobody is there to ask. Run it with --yes to do it.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question("\nDo this? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** What now belongs into a stack file. */
function settingsFor(address: SshAddress, { user }: Wish, hostKeys: readonly string[], at: string = MAIN): string {
  const [best] = [...hostKeys].sort((a, b) => Number(b.startsWith("ssh-ed25519")) - Number(a.startsWith("ssh-ed25519")));
  const own = [`docker: ssh://${place({ ...address, user })}`, ...(best === undefined ? [] : [`hostKeys: [${best}]`])];
  const lines =
    at === MAIN ? ["sluice:host:", ...own.map((line) => `  ${line}`)] : ["sluice:hosts:", `  ${at}:`, ...own.map((line) => `    ${line}`)];
  return ["For the stack file:", ...lines.map((line) => `  ${line}`)].join("\n");
}
