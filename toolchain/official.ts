import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import { EnvHttpProxyAgent, fetch } from "undici";
import { Problem } from "./problem.ts";
import { step } from "./say.ts";
import { PINNED } from "./versions.ts";

/** How long the place of the downloads may take to answer before it counts as not there. */
const PROBE_MILLISECONDS = 3000;
/** How long a download may stand still. */
const STALL_MILLISECONDS = 30_000;

const RELEASES = `https://github.com/pulumi/pulumi/releases/download/v${PINNED.pulumi}`;

/** What was downloaded is not what was published. No other way is tried: somebody has to look. */
export class WrongChecksum extends Problem {
  override readonly name = "WrongChecksum";
}

/** Where the official release lies: its archive, and the published checksums of it. */
export interface Release {
  /** `SLUICE_ENGINE_MIRROR`: a folder on a team's own server with the same file names, plugins included. */
  readonly mirror: string | undefined;
  readonly archive: string;
  readonly checksums: string;
}

/** The release for this platform. */
export function release(mirror: string | undefined, platform: string = process.platform, arch: string = process.arch): Release {
  const base = (mirror || RELEASES).replace(/\/+$/, "");
  const name = `pulumi-v${PINNED.pulumi}-${platform}-${arch}.tar.gz`;
  return { mirror: mirror || undefined, archive: `${base}/${name}`, checksums: `${base}/pulumi-${PINNED.pulumi}-checksums.txt` };
}

/** The SHA-256 that a published list (`<hex>  <name>` lines) gives for a file; nothing when it is not in the list. */
export function publishedSum(list: string, file: string): string | undefined {
  for (const line of list.split("\n")) {
    const [sum, name] = line.trim().split(/\s+\*?/);
    if (name === file && sum !== undefined && /^[0-9a-f]{64}$/i.test(sum)) return sum.toLowerCase();
  }
  return undefined;
}

/**
 * Ask for the published checksums. Answers within 3 seconds.
 *
 * @returns the checksum of this platform's archive; nothing when nobody answers, or the answer is something else
 */
export async function probe(from: Release): Promise<string | undefined> {
  try {
    const response = await get(from.checksums, AbortSignal.timeout(PROBE_MILLISECONDS));
    return response.ok ? publishedSum(await response.text(), baseName(from.archive)) : undefined;
  } catch {
    return undefined; // no name service, no route, refused, too slow: all mean "not from here"
  }
}

/**
 * Download the Pulumi CLI with its hosts into `folder/bin`, once its checksum was found right.
 *
 * @param sum the published SHA-256
 * @throws Problem when the archive is not the published one, or the download breaks off
 */
export async function downloadCli(from: Release, sum: string, folder: string): Promise<void> {
  const progress = step(`downloading the Pulumi CLI ${PINNED.pulumi}`, "about 100 MB");
  const file = join(folder, "pulumi.tar.gz");
  try {
    await mkdir(folder, { recursive: true });
    const got = await saveAndSum(from.archive, file);
    if (got !== sum) {
      throw new WrongChecksum(
        `${from.archive} is not what was published: its SHA-256 is ${got}, the published one ${sum}. Nothing of it was used. Try again; if it stays so, tell whoever runs that server, or build instead: SLUICE_ENGINE=source.`,
      );
    }
    await execa("tar", ["-xzf", file, "-C", folder]);
    await rename(join(folder, "pulumi"), join(folder, "bin"));
    await rm(file);
  } catch (error) {
    progress.failed();
    throw error;
  }
  progress.done("checksum as published");
}

/**
 * Let an official CLI fetch the plugins into `folder/home`.
 *
 * @param pulumi the CLI's path
 */
export async function downloadPlugins(pulumi: string, from: Release, folder: string): Promise<void> {
  for (const [name, version] of Object.entries(PINNED.plugins)) await downloadPlugin(pulumi, from, join(folder, "home"), { name, version });
}

/**
 * Let an official CLI fetch one plugin.
 *
 * @param pulumi the CLI's path
 * @param home where its plugins are: PULUMI_HOME
 * @throws Problem with its words when that fails
 */
export async function downloadPlugin(
  pulumi: string,
  from: Release,
  home: string,
  { name, version }: { readonly name: string; readonly version: string },
): Promise<void> {
  const progress = step(`downloading the ${name} plugin ${version}`);
  const server = from.mirror === undefined ? [] : ["--server", from.mirror];
  const result = await execa(pulumi, ["plugin", "install", "resource", name, version, ...server], {
    env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
    timeout: 300_000,
    stdin: "ignore",
    reject: false,
  });
  if (result.failed) {
    progress.failed();
    throw new Problem(`The ${name} plugin ${version} could not be downloaded: ${result.stderr.trim() || result.shortMessage}`);
  }
  progress.done();
}

async function saveAndSum(url: string, file: string): Promise<string> {
  const stalled = new AbortController();
  let timer = setTimeout(() => stalled.abort(), STALL_MILLISECONDS);
  const hash = createHash("sha256");
  const watch = new Transform({
    transform(chunk, _encoding, next) {
      clearTimeout(timer);
      timer = setTimeout(() => stalled.abort(), STALL_MILLISECONDS);
      hash.update(chunk);
      next(null, chunk);
    },
  });
  try {
    const response = await get(url, stalled.signal);
    if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), watch, createWriteStream(file));
    return hash.digest("hex");
  } catch (error) {
    const why = stalled.signal.aborted
      ? `nothing came for ${STALL_MILLISECONDS / 1000} s`
      : error instanceof Error
        ? error.message
        : String(error);
    throw new Problem(`${url} could not be downloaded: ${why}.`);
  } finally {
    clearTimeout(timer);
  }
}

/** A request that minds HTTPS_PROXY and NO_PROXY. */
function get(url: string, signal: AbortSignal) {
  return fetch(url, { signal, dispatcher: new EnvHttpProxyAgent() });
}

function baseName(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
