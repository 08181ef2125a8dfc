import { join } from "node:path";
import { Problem } from "../toolchain/problem.ts";
import { runCaptured } from "../toolchain/pulumi.ts";
import type { Project } from "./project.ts";

/**
 * Values of `sluice:secrets`, read by the engine, which alone has the key. They are kept in memory, and written nowhere.
 * @throws Problem when the engine cannot read them; without what it said, which may hold one
 */
export async function secretsOf({ root, stack }: Pick<Project, "root" | "stack">): Promise<Readonly<Record<string, string>>> {
  const [{ ensureEngine }, { ensureState }] = await Promise.all([import("../toolchain/engine.ts"), import("../toolchain/state.ts")]);
  const engine = await ensureEngine();
  const state = await ensureState(join(root, ".sluice"));
  const ready = { ...engine, env: { ...engine.env, ...state.env } };
  const { exitCode, text } = await runCaptured(ready, ["config", "get", "sluice:secrets", "--stack", stack], { cwd: root });
  try {
    if (exitCode === 0) return JSON.parse(text.slice(text.indexOf("{"))) as Record<string, string>;
  } catch {
    // Said below.
  }
  throw new Problem(
    `The secrets of the stack '${stack}' cannot be read. The engine says why: npm run pulumi -- config get sluice:secrets --stack ${stack}`,
  );
}
