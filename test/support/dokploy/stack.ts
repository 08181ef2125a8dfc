import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { ensureEngine } from "../../../toolchain/engine.ts";
import { ensureState } from "../../../toolchain/state.ts";
import { type Outcome, RecordedStack } from "../own-stack.ts";
import type { Json } from "../project.ts";

/** A stack that has nothing but a Dokploy, in a checkout of its own: the real program and the real engine. */
export class DokployStack extends RecordedStack {
  /** @param dokploy `sluice:dokploy` @param secrets `sluice:secrets`, in the clear */
  static async make(dokploy: Json, secrets: Readonly<Record<string, string>>): Promise<DokployStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-dokploy-"));
    const [engine, state] = [await ensureEngine(), await ensureState(join(root, ".sluice"), {})];
    const env = { ...engine.env, ...state.env, NO_COLOR: "1", CI: "true" };
    const stack = new DokployStack(root, "dokploy", { pulumi: engine.pulumi, env });
    await stack.open({}, async () => {
      // What a release was found to be is not asked here: there is no git.
      const levels = { all: "mandatory", "release-has-evidence": "disabled", "application-speaks-https": "advisory" };
      await writeFile(join(root, "policies", `levels.${stack.stack}.json`), JSON.stringify(levels));
      await writeFile(stack.file, stringify({ config: { "sluice:dokploy": dokploy } }));
    });
    for (const [name, value] of Object.entries(secrets)) await stack.plant(name, value);
    return stack;
  }

  /** Change `sluice:dokploy`, and other settings. */
  async configure(change: (dokploy: Record<string, Json>, config: Record<string, Json>) => void): Promise<void> {
    const content = parse(await readFile(this.file, "utf8")) as { config: Record<string, Json> };
    change(content.config["sluice:dokploy"] as Record<string, Json>, content.config);
    await writeFile(this.file, stringify(content));
  }

  /** Change one application. */
  async change(name: string, change: Readonly<Record<string, Json>>): Promise<void> {
    await this.configure(({ applications }) => Object.assign((applications as Record<string, object>)[name] ?? {}, change));
  }

  override preview(...args: string[]): Promise<Outcome> {
    return super.preview("--diff", ...args);
  }

  async outputs(): Promise<Json> {
    return JSON.parse((await this.pulumi("stack", "output", "--json", "--stack", this.stack)).text) as Json;
  }
}
