import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { Problem } from "../../toolchain/problem.ts";
import { Crane } from "./crane.ts";
import { ecrRegion, type Registry } from "./registries.ts";

interface Login {
  readonly user: string;
  readonly password: string;
}

/** Where the logins of registries are read. ECR has none: whoever may use the cloud (`aws`) may use it. */
const NAMES: Readonly<Partial<Record<Registry["kind"], readonly [user: string, password: string]>>> = {
  ghcr: ["GHCR_USER", "GHCR_TOKEN"],
  dockerhub: ["DOCKERHUB_USER", "DOCKERHUB_TOKEN"],
};

/**
 * Work with registries, signed in to those that the environment has a login for. Logins are kept in a folder of their own, which goes at the
 * end; where the environment has none, the person's own (`docker login`) are used.
 *
 * @throws Problem when half a login is given, or a registry refuses it
 */
export async function withLogins<T>(
  registries: readonly Registry[],
  work: (crane: Crane) => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T> {
  const wanted = registries.flatMap((registry): { readonly registry: Registry; readonly given?: Login }[] => {
    const names = NAMES[registry.kind];
    if (registry.kind === "ecr") return env.AWS_ROLE_ARN || env.AWS_ACCESS_KEY_ID ? [{ registry }] : [];
    if (names === undefined) return [];
    const [user, password] = names.map((name) => env[name] || undefined);
    if (user !== undefined && password !== undefined) return [{ registry, given: { user, password } }];
    if (user === undefined && password === undefined) return [];
    throw new Problem(`Half a login for ${registry.host} is given: set ${names.join(" and ")}, or neither.`);
  });
  if (wanted.length === 0) return work(await Crane.make());
  const folder = await mkdtemp(join(tmpdir(), "sluice-registries-"));
  try {
    const crane = await Crane.make({ DOCKER_CONFIG: folder });
    for (const { registry, given } of wanted) {
      const { user, password } = given ?? (await ecrLogin(registry));
      await crane.login(registry.host === "docker.io" ? "index.docker.io" : registry.host, user, password);
    }
    return await work(crane);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A password for hours, by whatever `aws` is signed in with: in a pipeline, the run's own identity. */
async function ecrLogin(registry: Registry): Promise<Login> {
  const asked = await execa("aws", ["ecr", "get-login-password", "--region", ecrRegion(registry)], { reject: false, stdin: "ignore" });
  if (!asked.failed) return { user: "AWS", password: asked.stdout };
  const why = asked.stderr?.trim().split("\n").at(-1) || "the command `aws` is not there";
  throw new Problem(`${registry.host} cannot be signed in to: ${why}`);
}
