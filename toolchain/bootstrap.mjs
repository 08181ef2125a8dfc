// The first thing that every npm script runs: `node toolchain/bootstrap.mjs scripts/start.ts args…`. Plain JavaScript without a package,
// as it must run on a fresh clone and on an old Node. It installs the packages when they are missing or out of date, then hands over to
// the script, under the Node that the packages bring.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest Node that can run this file. */
const OLDEST = [18, 0];
/** The oldest Node that runs TypeScript by itself. */
const STRIPS_TYPES = [22, 18];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".sluice-stamp");
const cache = process.env.SLUICE_CACHE || join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "sluice");

if (!isAtLeast(process.versions.node, OLDEST)) {
  stop(`Sluice needs Node 18 or later to start; this is ${process.versions.node}.\n${howToInstall()}`);
}
const [script, ...args] = process.argv.slice(2);
if (script === undefined) stop("usage: node toolchain/bootstrap.mjs <script> [arguments]");

installPackages();
await handOver(pickNode());

/** `npm ci`, when the packages are not those of package-lock.json. */
function installPackages() {
  const lock = join(root, "package-lock.json");
  const wanted = createHash("sha256").update(readFileSync(lock)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8").trim() === wanted) return;

  // npm's own record is written last. When it is not older than the lock file, the person has just run npm themselves.
  const record = join(modules, ".package-lock.json");
  const fresh = existsSync(record) && statSync(record).mtimeMs >= statSync(lock).mtimeMs;
  if (!fresh) {
    const started = Date.now();
    process.stderr.write("· installing the npm packages, once per change of package-lock.json (half a minute to two)\n");
    const beat = spawn(process.execPath, ["-e", heartbeat("installing the npm packages")], { stdio: ["ignore", "ignore", "inherit"] });
    const npm = spawnSync("npm", ["ci", "--loglevel=error", "--no-progress"], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
      // Where npm runs the packages' install scripts, one of them looks for a plugin: not in the person's ~/.pulumi.
      env: { ...process.env, PULUMI_HOME: join(cache, "npm-pulumi-home") },
    });
    beat.kill();
    if (npm.error) stop(`npm could not be started (${npm.error.message}). It comes with Node.\n${howToInstall()}`);
    if (npm.status !== 0) stop("`npm ci` failed: its words are above. Mend what it names (network, registry, disk) and run this again.");
    process.stderr.write(`✓ installed the npm packages (${Math.round((Date.now() - started) / 1000)} s)\n`);
  }
  writeFileSync(stamp, `${wanted}\n`);
}

/** The program of the process that says every 15 s that npm is still at work; npm itself holds this one. */
function heartbeat(what) {
  return `let s = 0; setInterval(() => process.stderr.write("  ${what}: " + (s += 15) + " s so far\\n"), 15000); setInterval(() => process.ppid === ${process.pid} || process.exit(), 1000)`;
}

/** Node 24 from the packages; else this one, if it runs TypeScript. */
function pickNode() {
  const ours = join(modules, ".bin", "node");
  if (existsSync(ours)) return ours;
  if (isAtLeast(process.versions.node, STRIPS_TYPES)) return process.execPath;
  return stop(
    `The npm package \`node\` did not bring Node 24 (its install script may have been switched off, e.g. by ignore-scripts), and Node ${process.versions.node} cannot run TypeScript. Allow the script (npm config set ignore-scripts false) and run \`npm ci\`, or install Node 24:\n${howToInstall(true)}`,
  );
}

/** Run the script in place of this one: same streams, same signals, same end. */
async function handOver(node) {
  const child = spawn(node, [resolve(root, script), ...args], {
    stdio: "inherit",
    env: {
      ...process.env,
      PATH: [join(modules, ".bin"), process.env.PATH ?? ""].join(delimiter),
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE || join(cache, "node-compile-cache"),
    },
  });
  // In a terminal Ctrl-C reaches the child by itself; to send it again would turn "wind down" into "drop everything".
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((done) => {
    child.on("error", (error) => stop(`${node} could not be started: ${error.message}. Remove node_modules and run this again.`));
    child.on("exit", (...end) => done(end));
  });
  if (signal !== null) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  }
  process.exitCode = code ?? 1;
}

function isAtLeast(version, [major, minor]) {
  const [a, b] = version.split(".").map(Number);
  return a > major || (a === major && b >= minor);
}

function howToInstall(newest = false) {
  return [
    ...(newest ? [] : ["  Debian 13, Ubuntu 24.04 and later:  sudo apt-get install -y nodejs npm"]),
    "  any Debian and Ubuntu:  curl -fsSL https://deb.nodesource.com/setup_24.x | sudo bash - && sudo apt-get install -y nodejs",
    "  macOS:  brew install node",
  ].join("\n");
}

function stop(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
