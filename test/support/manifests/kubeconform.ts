import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { requireGo } from "../../../toolchain/go.ts";
import { step } from "../../../toolchain/say.ts";
import { DEFINITIONS } from "../cluster/definitions.ts";
import { KUBERNETES, writeSchemas } from "./schemas.ts";
import { FILE_TEMPLATE } from "./strict.ts";

const MODULE = join(import.meta.dirname, "go");
const PROGRAM = "github.com/yannh/kubeconform/cmd/kubeconform";

export type Version = keyof typeof KUBERNETES;
export const VERSIONS = Object.keys(KUBERNETES) as Version[];

/** What the validator says of one object. */
interface Judged {
  readonly filename: string;
  readonly kind: string;
  readonly name: string;
  readonly status: "statusValid" | "statusInvalid" | "statusError" | "statusSkipped" | "statusEmpty";
  readonly msg: string;
}

export interface Verdict {
  readonly valid: number;
  /** One line for each object that is not good: kind, name and why. */
  readonly problems: readonly string[];
}

/** kubeconform with strict schemas that were made here: it needs no internet. */
export interface Kubeconform {
  /** Hold every object below a folder, or in a file, against a version of Kubernetes. What has no schema is a problem. */
  judge(path: string, version: Version): Promise<Verdict>;
}

/**
 * Build kubeconform and the schemas, once for each set of pins: about a minute. They are kept in the cache, beside the engine.
 *
 * @throws Problem when Go is missing or a build fails
 */
export async function ensureKubeconform(): Promise<Kubeconform> {
  const own = await Promise.all([
    ...["go.mod", "go.sum"].map((file) => readFile(join(MODULE, file))),
    ...["schemas.ts", "strict.ts"].map((file) => readFile(join(import.meta.dirname, file))),
  ]);
  const key = cacheKey([...own, JSON.stringify(DEFINITIONS), process.platform, process.arch]);
  const folder = join(cacheRoot(), "manifests", key);
  if ((await readFile(join(folder, "stamp"), "utf8").catch(() => undefined)) === undefined) {
    await mkdir(join(folder, ".."), { recursive: true });
    await makeFolder(folder, fill);
  }
  return { judge: (path, version) => judge(folder, path, version) };
}

async function fill(folder: string): Promise<void> {
  await requireGo([join(MODULE, "go.mod")]);
  const building = step("building kubeconform for tests", "half a minute");
  await execa("go", ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", join(folder, "kubeconform"), PROGRAM], {
    ...{ cwd: MODULE, stdin: "ignore" },
    env: { CGO_ENABLED: "0", GOWORK: "off" },
  });
  building.done();
  const writing = step(`schemas of Kubernetes ${VERSIONS.join(", ")}`, "half a minute");
  await writeSchemas(join(folder, "schemas"));
  await execa("touch", [join(folder, "stamp")]);
  writing.done();
}

async function judge(folder: string, path: string, version: Version): Promise<Verdict> {
  const schemas = join(folder, "schemas", "{{.NormalizedKubernetesVersion}}", FILE_TEMPLATE);
  const { stdout, stderr } = await execa(
    join(folder, "kubeconform"),
    ["-strict", "-kubernetes-version", version, "-schema-location", schemas, "-output", "json", "-verbose", path],
    { reject: false, stdin: "ignore" },
  );
  if (stderr !== "") throw new Error(`kubeconform: ${stderr}`);
  const { resources } = JSON.parse(stdout) as { resources: readonly Judged[] };
  const bad = resources.filter(({ status }) => status !== "statusValid");
  return {
    valid: resources.length - bad.length,
    problems: bad.map(({ kind, name, msg, filename }) => `${kind || filename} ${name}: ${msg}`),
  };
}
