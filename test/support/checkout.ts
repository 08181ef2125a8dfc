import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import type { Json, Outcome } from "./project.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");

/** Commits need somebody, and the machine may not say who. */
const GIT = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];

/** All of this checkout as it is now, committed in a repository of its own: for what asks git, or looks at every file. */
export class Checkout {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async make(purpose: string): Promise<Checkout> {
    const checkout = new Checkout(await mkdtemp(join(tmpdir(), `sluice-${purpose}-`)));
    const { stdout } = await execa("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
    for (const file of stdout.split("\0").filter((name) => name !== "")) {
      const target = join(checkout.root, file);
      await mkdir(dirname(target), { recursive: true });
      // A file that was deleted and not committed is still in git's list.
      await cp(join(ROOT, file), target).catch(() => undefined);
    }
    await symlink(join(ROOT, "node_modules"), join(checkout.root, "node_modules"));
    await checkout.git("init", "--quiet");
    // .gitignore names the folder; here it is a link.
    await writeFile(join(checkout.root, ".git/info/exclude"), "node_modules\n");
    await checkout.commit();
    return checkout;
  }

  async git(...args: string[]): Promise<string> {
    return (await execa("git", [...GIT, ...args], { cwd: this.root })).stdout;
  }

  /** Commit everything; gives the commit's hash. */
  async commit(): Promise<string> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--allow-empty", "--message", "test");
    return this.git("rev-parse", "HEAD");
  }

  /** Change the stack file in place. */
  async configure(change: (config: Record<string, Json>) => void): Promise<void> {
    const file = join(this.root, "Pulumi.dev.yaml");
    const content = parse(await readFile(file, "utf8")) as { config: Record<string, Json>; encryptionsalt?: string };
    change(content.config);
    delete content.encryptionsalt;
    await writeFile(file, stringify(content));
  }

  read(file: string): Promise<string> {
    return readFile(join(this.root, file), "utf8");
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.root, file)), { recursive: true });
    await writeFile(join(this.root, file), text);
  }

  /** Everything as it was committed; what git ignores stays. */
  async restore(): Promise<void> {
    await this.git("reset", "--quiet", "--hard");
    await this.git("clean", "--quiet", "-d", "--force");
  }

  /** Run one of the project's commands, as its npm script does. */
  async script(name: string, ...args: string[]): Promise<Outcome> {
    const started = performance.now();
    const ended = await execa(process.execPath, [`scripts/${name}.ts`, ...args], {
      ...{ cwd: this.root, all: true, stdin: "ignore", reject: false },
      // A runner's own variables would tell the tests inside that they run in it.
      env: { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true", VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined },
    });
    const seconds = (performance.now() - started) / 1000;
    return { exitCode: ended.exitCode ?? 1, text: ended.all, stdout: ended.stdout, seconds };
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
