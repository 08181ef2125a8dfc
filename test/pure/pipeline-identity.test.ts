import { access, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cloudToken } from "../../pipeline/identity/cloud-token.ts";
import { withIdentity } from "../../pipeline/identity/identity.ts";

const PLANTED = "planted-8f31";

describe("a pipeline's identity", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "identity-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const base = () => ({ PATH: process.env.PATH ?? "", HOME: folder, RUNNER_TEMP: folder });

  async function key(): Promise<{ text: string; print: string }> {
    const file = join(folder, "key");
    await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "deploy", "-f", file]);
    const print = (await execa("ssh-keygen", ["-lf", `${file}.pub`])).stdout.split(" ")[1] ?? "";
    const text = await readFile(file, "utf8");
    await rm(file);
    return { text, print };
  }

  it("has the key in an agent, in no file and no variable, and leaves nothing", async () => {
    const { text, print } = await key();
    const before = await readdir(folder);
    await withIdentity(
      { ...base(), DEPLOY_SSH_KEY: text.trimEnd().replaceAll("\n", "\r\n"), EVIDENCE_KEY: PLANTED, KUBECONFIG_TEXT: "kind: Config" },
      async (env) => {
        expect((await execa("ssh-add", ["-l"], { env, extendEnv: false })).stdout).toContain(print);
        expect(Object.values(env).join("\n")).not.toMatch(new RegExp(`${PLANTED}|PRIVATE KEY|kind: Config`));
        expect(await readFile(env.SLUICE_EVIDENCE_KEY_FILE ?? "", "utf8")).toBe(`${PLANTED}\n`);
        expect((await stat(env.SLUICE_EVIDENCE_KEY_FILE ?? "")).mode & 0o777).toBe(0o600);
        expect(await readFile(env.KUBECONFIG ?? "", "utf8")).toBe("kind: Config\n");
        const own = join(env.SSH_AUTH_SOCK ?? "", "..");
        expect((await stat(own)).mode & 0o777).toBe(0o700);
        for (const file of (await readdir(own, { withFileTypes: true })).filter((one) => one.isFile()))
          expect(await readFile(join(own, file.name), "utf8")).not.toContain("PRIVATE KEY");
      },
    );
    expect(await readdir(folder)).toEqual(before);
  });

  it("leaves nothing when the work fails, and lets its error through", async () => {
    const { text } = await key();
    const before = await readdir(folder);
    let socket = "";
    const failing = withIdentity({ ...base(), DEPLOY_SSH_KEY: text, EVIDENCE_KEY: PLANTED }, async (env) => {
      socket = env.SSH_AUTH_SOCK ?? "";
      throw new Error("the deploy failed");
    });
    await expect(failing).rejects.toThrow("the deploy failed");
    expect(await readdir(folder)).toEqual(before);
    await expect(access(socket)).rejects.toThrow();
  });

  it("refuses what is no key, without repeating it", async () => {
    const refused = withIdentity({ ...base(), DEPLOY_SSH_KEY: PLANTED }, async () => undefined);
    await expect(refused).rejects.toThrow("DEPLOY_SSH_KEY is no private key without a passphrase");
    await expect(refused).rejects.not.toThrow(PLANTED);
    expect(await readdir(folder)).toEqual([]);
  });

  it("believes the hosts it was told, and no other", async () => {
    const hosts = "host.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPlanted";
    await withIdentity({ ...base(), DEPLOY_KNOWN_HOSTS: hosts }, async (env) => {
      const { stdout } = await execa("ssh", ["-G", "deploy@host.example"], { env, extendEnv: false });
      expect(stdout).toMatch(/^stricthostkeychecking (true|yes)$/m);
      const [, file = ""] = /^userknownhostsfile (\S+)$/m.exec(stdout) ?? [];
      expect(await readFile(file, "utf8")).toBe(`${hosts}\n`);
      expect(stdout).toMatch(/^batchmode yes$/m);
    });
  });

  it("is nobody's where nothing was handed over: empty is as good as absent, as in a fork's run", async () => {
    await withIdentity({ ...base(), DEPLOY_SSH_KEY: "", EVIDENCE_KEY: "", AWS_ROLE_ARN: "", PULUMI_BACKEND_URL: "" }, async (env) => {
      expect(env).toEqual(base());
    });
  });

  describe("in the cloud", () => {
    let server: FastifyInstance;
    let asked: number;
    let status: number[];
    const env = () => ({ ACTIONS_ID_TOKEN_REQUEST_URL: `${server.listeningOrigin}/token?api=1`, ACTIONS_ID_TOKEN_REQUEST_TOKEN: PLANTED });
    beforeEach(async () => {
      asked = 0;
      status = [];
      server = fastify();
      server.get<{ Querystring: { api: string; audience: string } }>("/token", async (request, reply) => {
        asked++;
        const failing = status.shift();
        if (failing !== undefined) return reply.code(failing).send({});
        const good =
          request.headers.authorization === `Bearer ${PLANTED}` &&
          request.query.api === "1" &&
          request.query.audience === "sts.amazonaws.com";
        return good ? { value: `token-${asked}` } : reply.code(401).send({});
      });
      await server.listen({ host: "127.0.0.1", port: 0 });
    });
    afterEach(() => server.close());

    it("finds a token in a file, which is renewed", async () => {
      await withIdentity({ ...base(), ...env(), AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/deploy" }, async (given) => {
        expect(await readFile(given.AWS_WEB_IDENTITY_TOKEN_FILE ?? "", "utf8")).toBe("token-1");
        expect(given.AWS_ROLE_SESSION_NAME).toBe("sluice-by-hand");
      });
      const token = await cloudToken(join(folder, "token"), env(), 20);
      while (asked < 4) await sleep(20);
      token.stop();
      expect(await readFile(token.file, "utf8")).toMatch(/^token-[2-4]$/);
    });

    it("asks again after a passing fault, and says at once what it may not have", async () => {
      status = [503, 429];
      const token = await cloudToken(join(folder, "token"), env());
      token.stop();
      expect(asked).toBe(3);
      status = [403];
      await expect(cloudToken(join(folder, "token"), env())).rejects.toThrow(
        "GitHub does not vouch for this run (it answers 403): AWS_ROLE_ARN needs a job with the permission id-token: write.",
      );
      expect(asked).toBe(4);
    });
  });
});
