import type { Facts, Finding, Rule } from "../rules.ts";
import { SECRET_NAME } from "../service.ts";

const PASSWORDS = ["postgresPassword", "redisPassword"] as const;
const RESERVED = ["postgres-password", "redis-password"];

/** Secrets are encrypted, and encrypted values are in no other place: nothing else keeps them off the screen. */
export const secretRules: Rule = (written, { secretKeys }) => {
  const found: Finding[] = [];
  for (const name of Object.keys(written.secrets)) {
    const at = ["secrets", name];
    const received = JSON.stringify(name.slice(0, 60));
    if (RESERVED.includes(name)) {
      const setting = name === RESERVED[0] ? PASSWORDS[0] : PASSWORDS[1];
      found.push({ at, received, allowed: `any name but ${RESERVED.join(", ")}`, fix: `set \`sluice:${setting}\` instead` });
    } else if (!SECRET_NAME.test(name)) {
      const allowed = "1 to 63 lower-case letters, digits, `.`, `_`, `-`, starting with a letter or digit";
      found.push({ at, received, allowed, fix: "it becomes a file name under /run/secrets/; for example payment-key" });
    }
  }
  if (!secretKeys) return found;
  for (const key of PASSWORDS) if (written[key] !== undefined && !secretKeys.includes(key)) found.push(plain([key], `sluice:${key}`));
  if (Object.keys(written.secrets).length > 0 && !secretKeys.includes("secrets"))
    found.push(plain(["secrets"], "--path 'sluice:secrets.<name>'"));
  return found;
};

/** Encrypted values where they would end up in plain text. Nothing else can be said of such a setting without showing them. */
export function misplacedSecrets({ secretKeys = [] }: Facts): Finding[] {
  const misplaced = secretKeys.filter((key) => key !== "secrets" && !PASSWORDS.some((password) => password === key));
  return misplaced.map((key) => ({
    at: [key],
    received: "an encrypted value in it",
    allowed: "encrypted values only in sluice:secrets, sluice:postgresPassword, sluice:redisPassword",
    fix: "move it to `sluice:secrets` and name it in the service's `secrets`; it is mounted as a file",
  }));
}

const plain = (at: string[], what: string): Finding => ({
  at,
  received: "a value that is not encrypted",
  allowed: "a value set with `config set --secret`",
  fix: `npm run pulumi -- config set --secret ${what}, and change what was readable`,
});
