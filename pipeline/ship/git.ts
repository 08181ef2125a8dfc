import { execa } from "execa";
import { Problem } from "../../toolchain/problem.ts";

/** Branch where a stack's deploys write down what it runs, until that is merged. */
export const recordBranch = (stack: string): string => `deploy/${stack}`;

const AUTHOR = { NAME: "sluice delivery", EMAIL: "delivery@users.noreply.github.com" } as const;

/** The checkout that is deployed from. */
export class Checkout {
  readonly #root: string;
  readonly #env: Readonly<Record<string, string>>;

  /**
   * @param token lets git fetch and push; it is on no command line and in no file
   * @param server where the repository is. @default https://github.com
   */
  constructor(root: string, token?: string, server = "https://github.com") {
    this.#root = root;
    const people = ["AUTHOR", "COMMITTER"].flatMap((who) => Object.entries(AUTHOR).map(([what, value]) => [`GIT_${who}_${what}`, value]));
    const login = token === undefined ? [] : authorization(token, server);
    this.#env = { ...Object.fromEntries([...people, ...login]), GIT_TERMINAL_PROMPT: "0" };
  }

  /** The commit that is checked out, and when it was made, ms since 1970. */
  async head(): Promise<{ readonly commit: string; readonly at: number }> {
    const [commit = "", seconds = ""] = (await this.#git("log", "-1", "--format=%H %ct")).split(" ");
    return { commit, at: Number(seconds) * 1000 };
  }

  /**
   * Take over what an earlier deploy wrote down and nobody has merged yet.
   * @returns whether there was something
   * @throws Problem when it contradicts what was merged since
   */
  async takeOver(stack: string): Promise<boolean> {
    const branch = recordBranch(stack);
    const there = await this.#try("fetch", "--quiet", "origin", `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
    if (there.failed && /couldn't find remote ref/.test(there.stderr)) return false;
    if (there.failed) throw new Problem(`${branch} cannot be fetched: ${last(there.stderr)}`);
    const merged = await this.#try("merge", "--quiet", "--no-edit", `refs/remotes/origin/${branch}`);
    if (!merged.failed) return true;
    await this.#try("merge", "--abort");
    throw new Problem(
      `${branch} says what ${stack} runs, and it contradicts what was merged since. Merge its pull request by hand, then deploy again.`,
    );
  }

  /** Make one file a commit, where it differs from the last. */
  async commit(file: string, words: string): Promise<void> {
    await this.#git("add", "--", file);
    if ((await this.#try("diff", "--cached", "--quiet")).failed) await this.#git("commit", "--quiet", "--no-verify", "--message", words);
  }

  /** Whether a file is another one than at some commit. */
  async differs(file: string, from: string): Promise<boolean> {
    return (await this.#try("diff", "--quiet", from, "HEAD", "--", file)).failed;
  }

  /** Put this checkout's commits on the stack's branch; what is there was taken over before. */
  async push(stack: string): Promise<void> {
    const branch = recordBranch(stack);
    const pushed = await this.#try("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    if (pushed.failed) throw new Problem(`${branch} cannot be pushed: ${last(pushed.stderr)}`);
  }

  async #git(...args: string[]): Promise<string> {
    const ran = await this.#try(...args);
    if (ran.failed) throw new Problem(`git ${args[0]}: ${last(ran.stderr)}`);
    return ran.stdout.trim();
  }

  async #try(...args: string[]): Promise<{ readonly failed: boolean; readonly stdout: string; readonly stderr: string }> {
    const { failed, stdout, stderr } = await execa("git", args, { cwd: this.#root, env: { ...this.#env }, reject: false, stdin: "ignore" });
    return { failed, stdout, stderr };
  }
}

/** git reads its configuration from the environment as well. */
function authorization(token: string, server: string): string[][] {
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  return [
    ["GIT_CONFIG_COUNT", "1"],
    ["GIT_CONFIG_KEY_0", `http.${server.replace(/\/$/, "")}/.extraheader`],
    ["GIT_CONFIG_VALUE_0", `AUTHORIZATION: basic ${basic}`],
  ];
}

/** git's last line; it leaves logins out of addresses itself. */
const last = (said: string): string => said.trim().split("\n").at(-1) ?? "no reason given";
