import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { imageHash } from "./hash.ts";

/** What an image's build is told about itself; written to `.sluice/build/<role>.json`. */
export interface ImageRecord {
  /** Twelve hexadecimal digits of everything that goes into the image; its tag. */
  readonly hash: string;
  /** Last commit that touched the inputs; `-dirty` when they have changed since, `unknown` without git. */
  readonly revision: string;
  /** That commit's time, ISO 8601, or `unknown`: never the time of the build, so equal inputs give equal images. */
  readonly created: string;
  readonly version: string;
  /** Address of the project's sources. */
  readonly source: string;
}

/** The image that every other role is built on. */
const BASE = "base";

/** What becomes the one file in a role's `app/` folder. */
interface Bundle {
  /** The program, and the folders and files that it is made of; all from the checkout's root. */
  readonly entry: string;
  readonly sources: readonly string[];
  /** Files that go beside it as they are. @default none */
  readonly assets?: readonly string[];
  /** Folders whose files go into a folder of the same name beside it. @default none */
  readonly folders?: readonly string[];
}

const BUNDLES: Readonly<Record<string, Bundle>> = {
  api: { entry: "examples/api/server.ts", sources: ["examples/api", "examples/support"], folders: ["examples/api/migrations"] },
  web: {
    entry: "examples/web/server.ts",
    sources: ["examples/web", "examples/support"],
    assets: ["examples/web/browser.js", "examples/web/style.css"],
  },
  jobs: {
    entry: "maintenance/runner/main.ts",
    sources: ["maintenance", "pipeline", "rollout/records", "components/monitoring/alerting", "components/github", "evidence"],
  },
  guard: { entry: "rollout/guard/main.ts", sources: ["rollout/guard", "rollout/analysis", "components/edge"] },
};

const HERE = resolve(import.meta.dirname, "..");

/** Where the record of a role's image is kept. */
export const recordPath = (role: string, root = HERE): string => join(root, ".sluice", "build", `${role}.json`);

/**
 * Makes everything that the images are built from: the demo's bundles in `images/<role>/app/`, and a record for each role.
 *
 * Safe before every command: it takes a few milliseconds when nothing has changed, and a record changes only with its hash.
 *
 * @param root the checkout; @default the one this file is in
 */
export async function prepareImages(root = HERE): Promise<void> {
  const stampPath = join(root, ".sluice", "build", "stamp.json");
  const known = readText(stampPath);
  if (known !== undefined && known === stamp(root)) return;

  for (const [role, what] of Object.entries(BUNDLES)) await bundle(root, role, what);

  const roles = rolesOf(root);
  const baseHash = imageHash(join(root, "images", BASE));
  for (const role of roles) {
    const hash = role === BASE ? baseHash : imageHash(join(root, "images", role), baseHash);
    await writeRecord(root, role, hash);
  }
  writeWhenChanged(stampPath, stamp(root));
}

/** A folder in `images/` with a Dockerfile is a role. */
export function rolesOf(root: string): string[] {
  const images = join(root, "images");
  return readdirSync(images).filter((name) => existsSync(join(images, name, "Dockerfile")));
}

/** Changes whenever a file that matters does: sources, bundles, libraries, and the records themselves. */
function stamp(root: string): string {
  const folders = ["images", ...new Set(Object.values(BUNDLES).flatMap(({ sources }) => sources))];
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const others = ["package.json", "package-lock.json"].map((name) => join(root, name));
  const records = rolesOf(root).map((role) => recordPath(role, root));
  const lines = [...files, ...others, ...records].sort().map((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return [path.slice(root.length + 1), stat?.mtimeMs ?? 0, stat?.size ?? -1, stat?.mode ?? 0];
  });
  return JSON.stringify(lines);
}

/** One readable file that needs nothing but Node.js: the same bytes in every checkout with the same libraries. */
async function bundle(root: string, role: string, { entry, assets = [], folders = [] }: Bundle): Promise<void> {
  // Loaded only when there is something to bundle: most commands have nothing.
  const { build } = await import("esbuild");
  const app = join(root, "images", role, "app");
  const result = await build({
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile: join(app, "server.mjs"),
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "esm",
    charset: "utf8",
    keepNames: true,
    legalComments: "none",
    preserveSymlinks: true,
    // An optional part of pg that is not installed.
    external: ["pg-native"],
    // Some libraries are CommonJS and ask for Node's own modules by `require`. Under another name: a library may import the same.
    banner: { js: 'import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);' },
    logLevel: "error",
  });
  for (const file of result.outputFiles) writeWhenChanged(file.path, file.text);
  for (const asset of assets) writeWhenChanged(join(app, basename(asset)), readFileSync(join(root, asset), "utf8"));
  for (const folder of folders) copyFolder(join(root, folder), join(app, basename(folder)));
}

/** What has gone from the sources goes from the image as well. */
function copyFolder(from: string, to: string): void {
  const names = readdirSync(from);
  if (existsSync(to)) for (const old of readdirSync(to)) if (!names.includes(old)) rmSync(join(to, old));
  for (const name of names) writeWhenChanged(join(to, name), readFileSync(join(from, name), "utf8"));
}

async function writeRecord(root: string, role: string, hash: string): Promise<void> {
  const path = recordPath(role, root);
  const old = readText(path);
  if (old !== undefined && (JSON.parse(old) as ImageRecord).hash === hash) return;

  const { version, repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    version: string;
    repository?: { url: string };
  };
  const record: ImageRecord = { hash, ...(await lastCommit(root, role)), version, source: repository?.url ?? "unknown" };
  writeWhenChanged(path, `${JSON.stringify(record, null, 2)}\n`);
}

async function lastCommit(root: string, role: string): Promise<Pick<ImageRecord, "revision" | "created">> {
  const { execa } = await import("execa");
  const inputs = [...new Set([`images/${role}`, `images/${BASE}`])];
  inputs.push(...(BUNDLES[role]?.sources ?? []));
  const git = async (...args: string[]) => (await execa("git", [...args, "--", ...inputs], { cwd: root })).stdout;
  try {
    const [revision = "", created = ""] = (await git("log", "-1", "--format=%H %cI")).split(" ");
    if (revision === "") return { revision: "unknown", created: "unknown" };
    const dirty = (await git("status", "--porcelain")) !== "";
    return { revision: dirty ? `${revision}-dirty` : revision, created };
  } catch {
    return { revision: "unknown", created: "unknown" };
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** All at once, so that a command running beside this one never reads half a file. */
function writeWhenChanged(path: string, text: string): void {
  if (readText(path) === text) return;
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
