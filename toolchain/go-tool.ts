import { access, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { cacheKey, cacheRoot, makeFolder } from "./cache.ts";
import { requireGo } from "./go.ts";
import { Problem } from "./problem.ts";
import { step } from "./say.ts";

/** A program that is built from published Go modules; versions and sums are in the `go.mod` and `go.sum` of a folder. */
export interface GoTool {
  /** Folder with `go.mod` and `go.sum`. */
  readonly module: string;
  /** Import path of the program; its last part is its name. */
  readonly program: string;
  /** What to expect, as in "half a minute". */
  readonly typical: string;
}

/**
 * Make sure that a tool is there: built once for each set of pins, and kept in the cache.
 *
 * @returns path of the program
 * @throws Problem when Go is missing or the build fails
 */
export async function ensureGoTool({ module, program, typical }: GoTool): Promise<string> {
  const pins = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(module, file))));
  const name = basename(program);
  const file = join(cacheRoot(), "tools", `${name}-${cacheKey([...pins, program, process.platform, process.arch])}`, name);
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) return file;
  await requireGo([join(module, "go.mod")]);
  await mkdir(dirname(dirname(file)), { recursive: true });
  await makeFolder(dirname(file), async (folder) => {
    const building = step(`building ${name}`, typical);
    const built = await execa("go", ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", join(folder, name), program], {
      ...{ cwd: module, stdin: "ignore", all: true, reject: false },
      // Without flags of the person's own: they would make another program of the same pins.
      env: { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "" },
    });
    if (!built.failed) return building.done();
    building.failed();
    throw new Problem(`${name} does not build from its Go modules:\n${built.all?.trim().split("\n").slice(-8).join("\n")}`);
  });
  return file;
}
