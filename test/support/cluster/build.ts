import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { requireGo } from "../../../toolchain/go.ts";
import { step } from "../../../toolchain/say.ts";
import { DEFINITIONS, readDefinitions } from "./definitions.ts";

/** Folder of the Go modules that pin what is built. */
const MODULES = join(import.meta.dirname, "go");

/** The version of Kubernetes that the programs say they are; that of `go/kubernetes/go.mod`. */
const KUBERNETES = "v1.34.0";

interface Program {
  readonly name: string;
  /** Folder with its go.mod. */
  readonly module: string;
  readonly package: string;
}

/** What a cluster runs, unchanged from its own source. The kubelet is not in it: kwok plays the nodes. */
const PROGRAMS: readonly Program[] = [
  { name: "kube-apiserver", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-apiserver" },
  { name: "kube-controller-manager", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-controller-manager" },
  { name: "kube-scheduler", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-scheduler" },
  { name: "etcd", module: "etcd", package: "go.etcd.io/etcd/server/v3" },
  { name: "kwok", module: "kwok", package: "sigs.k8s.io/kwok/cmd/kwok" },
];

const VERSION = "k8s.io/component-base/version.";
const LDFLAGS = ["-s -w", `-X ${VERSION}gitVersion=${KUBERNETES}`, `-X ${VERSION}gitMajor=1`, `-X ${VERSION}gitMinor=34`].join(" ");

/** The programs of a test cluster and the definitions of custom kinds, ready to run. */
export interface Parts {
  /** Path of a program. */
  program(name: string): string;
  /** File with the custom kinds' definitions, a JSON list. */
  readonly definitions: string;
}

/**
 * Build the parts of a test cluster, once for each set of pins: eleven minutes of one core, with modules at hand. They are kept in the cache, beside
 * the engine.
 *
 * @throws Problem when Go is missing or a build fails
 */
export async function ensureParts(): Promise<Parts> {
  const pins = await Promise.all(
    ["kubernetes", "etcd", "kwok"].flatMap((module) => ["go.mod", "go.sum"].map((file) => readFile(join(MODULES, module, file)))),
  );
  const key = cacheKey([...pins, JSON.stringify([PROGRAMS, LDFLAGS, DEFINITIONS]), process.platform, process.arch]);
  const folder = join(cacheRoot(), "test-cluster", key);
  const ready = await readFile(join(folder, "stamp"), "utf8").catch(() => undefined);
  if (ready === undefined) {
    await mkdir(join(folder, ".."), { recursive: true });
    await makeFolder(folder, fill);
  }
  return { program: (name) => join(folder, name), definitions: join(folder, "definitions.json") };
}

async function fill(folder: string): Promise<void> {
  await requireGo(["kubernetes", "etcd", "kwok"].map((module) => join(MODULES, module, "go.mod")));
  for (const { name, module, package: of } of PROGRAMS) {
    const progress = step(`building ${name} for tests`, "up to 5 minutes");
    const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", LDFLAGS, "-o", join(folder, name), of];
    await execa("go", args, { cwd: join(MODULES, module), env: { CGO_ENABLED: "0", GOWORK: "off" }, stdin: "ignore" });
    progress.done();
  }
  await writeFile(join(folder, "definitions.json"), JSON.stringify(await readDefinitions(tmpdir())));
  await writeFile(join(folder, "stamp"), "");
}
