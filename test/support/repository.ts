import * as pulumi from "@pulumi/pulumi";
import sodium from "libsodium-wrappers";
import { parseSettings } from "../../settings/parse.ts";
import { type Registered, record } from "./record.ts";
import type { Raw } from "./settings.ts";

export const TOKEN = "planted-token-8c1f";

/** GitHub's end of an environment: both halves of its key, and every question that was asked. */
export interface GithubEnd {
  readonly asked: readonly string[];
  /** What GitHub reads in a sealed secret, as the recorder shows it: libsodium's own `crypto_box_seal_open`. */
  readonly opened: (sealed: unknown) => string;
}

export interface DeclaredRepository extends GithubEnd {
  readonly seen: readonly Registered[];
}

/** Everything that the repository's part of the program registers for settings. @param signedIn false: in a preview that has no token */
export async function declaredRepository(raw: Raw, signedIn = true): Promise<DeclaredRepository> {
  await sodium.ready;
  // After the mocks' module: what it imports reads them.
  const { declareGithub } = await import("../../program/github.ts");
  const result = parseSettings(raw, { stack: "repository" });
  if ("problems" in result || !result.ok.github) throw new Error(JSON.stringify(result));
  const { github, secrets } = result.ok;
  const { publicKey, privateKey } = sodium.crypto_box_seed_keypair(new Uint8Array(32).fill(1));
  const asked: string[] = [];
  const answer = (token: string, inputs: Record<string, unknown>): object => {
    asked.push(`${token.split(":").at(-1)} ${inputs.username ?? inputs.slug ?? inputs.environment}`);
    if (token.endsWith("getUser")) return { id: "41" };
    if (token.endsWith("getTeam")) return { id: "7" };
    return { ...inputs, keyId: "key-1", key: Buffer.from(publicKey).toString("base64") };
  };
  const values = Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, pulumi.secret(value)]));
  const seen = await record(() => declareGithub(github, values, signedIn ? pulumi.secret(TOKEN) : undefined), {
    preview: !signedIn,
    answer,
    outputs: (name) => (name === "environments-seal-key" ? { stdout: Buffer.alloc(32, 9).toString("base64") } : {}),
  });
  const opened = (sealed: unknown): string =>
    sodium.to_string(sodium.crypto_box_seal_open(Buffer.from((sealed as { secret: string }).secret, "base64"), publicKey, privateKey));
  return { seen, asked, opened };
}
