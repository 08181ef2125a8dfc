import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { ownEngine } from "../cluster/engine.ts";
import { type Outcome, RecordedStack } from "../own-stack.ts";
import type { Json } from "../project.ts";

/** A day without quotes would be a time to the engine. */
const write = (content: object): string => stringify(content, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });

/** One resource as a state has it. */
export interface Kept {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly outputs?: Readonly<Record<string, Json>>;
}

/** The stack of a repository in a checkout of its own: the real program, the real engine, and the plugin that this checkout builds. */
export class RepositoryStack extends RecordedStack {
  /** @param github `sluice:github`; the server of the tests counts no changes, so there is hardly a pause between two unless it says so */
  static async make(github: { readonly [key: string]: Json }): Promise<RepositoryStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-repository-"));
    const stack = new RepositoryStack(root, "repository", await ownEngine(root, "github"));
    // What the machine itself is signed in with is nobody's business here.
    await stack.open({ GITHUB_TOKEN: "" }, () =>
      writeFile(stack.file, write({ config: { "sluice:github": { writePauseMs: 20, ...github } } })),
    );
    return stack;
  }

  /** Change `sluice:github`. */
  async configure(change: (github: Record<string, Json>) => void): Promise<void> {
    const content = parse(await readFile(this.file, "utf8")) as { config: Record<string, Record<string, Json>> };
    change(content.config["sluice:github"] ?? {});
    await writeFile(this.file, write(content));
  }

  /** Hand a repository that is there to the stack, as `docs/github.md` says. */
  adopt(): Promise<Outcome> {
    return this.script("github", "adopt");
  }

  /** What is in the state. */
  resources(): Promise<readonly Kept[]> {
    return this.exported<Kept>();
  }
}
