import { describe, expect, it } from "vitest";
import { type DockerEngine, letGo, nameAsUser, take } from "../../toolchain/debian-users.ts";

const BASE = "sluice/debian:13";

/** Names of images in an engine; each command is one step, and a step of somebody else may come between any two. */
class Engine {
  readonly names: Set<string>;
  constructor(...names: string[]) {
    this.names = new Set(names);
  }

  do([command, what, ...rest]: readonly string[]): { readonly ok: boolean; readonly text: string } {
    const [name = "", to = ""] = command === "tag" ? [what, rest[0]] : rest;
    switch (command === "image" ? what : command) {
      case "tag":
        if (this.names.has(name)) this.names.add(to);
        return { ok: this.names.has(name), text: "" };
      case "import":
        this.names.add(what ?? "");
        return { ok: true, text: "" };
      case "rm":
        return { ok: this.names.delete(name), text: "" };
      case "inspect":
        return { ok: this.names.has(name), text: "" };
      case "ls":
        return { ok: true, text: [...this.names].filter((one) => one.endsWith(nameAsUser(""))).join("\n") };
      default:
        throw new Error(`a command that this engine does not know: ${command}`);
    }
  }
}

type Step = { readonly args: readonly string[]; readonly go: (result: { ok: boolean; text: string }) => void };

/** Somebody who works on an engine, one command after the other, each when it is told to. */
class Worker {
  next: Step | undefined;
  done = false;

  constructor(work: (docker: DockerEngine) => Promise<unknown>) {
    const ask = (args: readonly string[]) =>
      new Promise<{ ok: boolean; text: string }>((go) => {
        this.next = { args, go };
      });
    void work({ run: async (args) => (await ask(args)).text, try: async (args) => (await ask(args)).ok }).then(() => {
      this.done = true;
    });
  }

  async step(engine: Engine): Promise<void> {
    const { next } = this;
    this.next = undefined;
    next?.go(engine.do(next.args));
    // Its next command, or its end.
    for (let turn = 0; turn < 20 && !this.next && !this.done; turn += 1) await Promise.resolve();
  }
}

/** Every order in which the steps of two workers can come. @returns the engine after each */
async function everyOrder(names: readonly string[], works: readonly ((docker: DockerEngine) => Promise<unknown>)[]): Promise<Engine[]> {
  const ends: Engine[] = [];
  const pending: number[][] = [[]];
  for (let order = pending.pop(); order; order = pending.pop()) {
    const engine = new Engine(...names);
    const workers = works.map((work) => new Worker(work));
    for (const which of order) await workers[which]?.step(engine);
    const left = workers.flatMap(({ done }, which) => (done ? [] : [which]));
    if (left.length === 0) ends.push(engine);
    for (const which of left) pending.push([...order, which]);
  }
  return ends;
}

const none = async () => false;

describe("the base that estates share", () => {
  it("is there for who comes while the last one goes, whatever happens first", async () => {
    const ends = await everyOrder(
      [BASE, nameAsUser("going")],
      [
        (docker) => letGo(docker, "going", BASE, none),
        ({ try: docker }) => take(docker, "coming", BASE, async (name) => void (await docker(["import", name]))),
      ],
    );
    expect(ends.length).toBeGreaterThan(20);
    for (const { names } of ends) expect([...names].sort()).toEqual([nameAsUser("coming"), BASE].sort());
  });

  it("goes with the last of two who go at once, and with nobody before", async () => {
    const ends = await everyOrder(
      [BASE, nameAsUser("one"), nameAsUser("other")],
      ["one", "other"].map((user) => (docker: DockerEngine) => letGo(docker, user, BASE, none)),
    );
    expect(ends.length).toBeGreaterThan(20);
    for (const { names } of ends) expect([...names]).toEqual([]);
  });

  it.each([
    ["another user", [BASE, nameAsUser("one"), nameAsUser("other")], none, [nameAsUser("other"), BASE]],
    ["images of somebody who left no note", [BASE, nameAsUser("one")], async () => true, [BASE]],
  ])("stays for %s", async (_, names, others, left) => {
    const engine = new Engine(...names);
    const asked: string[] = [];
    const ask = (args: readonly string[]) => {
      asked.push(args.join(" "));
      return engine.do(args);
    };
    const docker: DockerEngine = { run: async (args) => ask(args).text, try: async (args) => ask(args).ok };
    expect(await letGo(docker, "one", BASE, others)).toBe(false);
    expect([...engine.names].sort()).toEqual([...left].sort());
    // Not for a moment: they may be building on it right now.
    expect(asked).not.toContain(`image rm ${BASE}`);
  });

  it("is not taken for its user, whatever an estate is called", () => {
    expect(nameAsUser("sluice")).not.toBe(BASE);
  });
});
