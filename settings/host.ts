import { z } from "zod";
import { field, text } from "./field.ts";
import { HOST_KEY } from "./place.ts";
import { SECRET_NAME } from "./service.ts";

/** 31 characters: `<name>-<service>-green-8` stays below the 63 that Docker's DNS takes. */
export const ESTATE_NAME = /^[a-z][a-z0-9-]{0,30}$/;
export const DOCKER_HOST =
  /^(?:unix:\/\/\/[^\s\0]+|ssh:\/\/[A-Za-z_][A-Za-z0-9_.-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?)$/;
export const DOCKER_ALLOWED = "unix:///path/to/socket or ssh://user@host";

/** The change to make for a Docker address that is not allowed. */
export function dockerFix(received: unknown): string | undefined {
  if (typeof received !== "string") return undefined;
  if (/^(?:tcp|https?):/.test(received)) return "an engine behind TCP takes orders from anybody who reaches it; use ssh://user@host";
  if (/^ssh:\/\/[^@]*$/.test(received)) return `say who signs in: ssh://deploy@${received.slice("ssh://".length)}`;
  if (/^ssh:\/\/[^@/]*:[^@/]*@/.test(received)) return "leave out the password; ssh uses your keys or agent";
  if (received.startsWith("/")) return `write it as unix://${received}`;
  return undefined;
}

export const name = text(ESTATE_NAME, {
  means: "Name of the estate; everything it makes in Docker starts with it.",
  allowed: "1 to 31 lower-case letters, digits, `-`, starting with a letter",
  example: "sluice-dev",
  whenAbsent: "`sluice-<stack>`",
  fix: (received) => {
    const better =
      typeof received === "string"
        ? received
            .toLowerCase()
            .replaceAll(/[^a-z0-9-]/g, "-")
            .slice(0, 31)
        : "";
    return ESTATE_NAME.test(better) ? `for example ${better}` : undefined;
  },
});

export const host = field(
  z.strictObject({
    docker: text(DOCKER_HOST, {
      means: "Docker engine that carries the estate.",
      allowed: DOCKER_ALLOWED,
      example: "ssh://deploy@vps.example.com",
      whenAbsent: "DOCKER_HOST, else unix:///var/run/docker.sock",
      fix: dockerFix,
    }).optional(),
    hostKeys: field(
      z
        .array(
          text(HOST_KEY, {
            means: "One public key of the host: a line of `/etc/ssh/ssh_host_*_key.pub` there.",
            allowed: "a key type and its base64 text, as in ssh-ed25519 AAAA…",
            example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJkOeoSSh5UO4RirN7Hn2PBDDvL07BEzPlmZaA1ClUPU",
            fix: (received) =>
              typeof received === "string" && /^\S+ (?:ssh-|ecdsa-)/.test(received)
                ? `leave out the host's name: ${received.split(" ").slice(1, 3).join(" ").slice(0, 40)}…`
                : undefined,
          }),
        )
        .min(1)
        .max(8),
      {
        means:
          "The host's public keys, pinned: ssh believes these and no others. Needed with `docker: ssh://…`; `npm run host -- keys HOST` shows what the host presents.",
        allowed: "a list of 1 to 8 public keys",
        example: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJkOeoSSh5UO4RirN7Hn2PBDDvL07BEzPlmZaA1ClUPU"],
        whenAbsent: "where DOCKER_HOST names the host, your own known_hosts; a key that is not there is refused",
      },
    ).optional(),
    keySecret: text(SECRET_NAME, {
      means: "Secret that holds the private key to sign in with; an ssh agent of its own keeps it while a command runs.",
      allowed: "a name from sluice:secrets",
      example: "deploy-key",
      whenAbsent: "your ssh agent and keys",
    }).optional(),
    // Its syntax is judged in rules.ts, so that a subnet with host bits set gets its own fix.
    subnet: field(z.string(), {
      means: "The estate's own network. Two estates on one host need two.",
      allowed: "a private IPv4 network in CIDR form, /16 to /22",
      example: "10.213.0.0/16",
      jsonSchema: { pattern: String.raw`^\d{1,3}\.\d{1,3}\.\d{1,3}\.0\/(?:1[6-9]|2[0-2])$` },
    }).default("10.213.0.0/16"),
  }),
  { means: "Where the estate runs.", allowed: "a map", example: { docker: "ssh://deploy@vps.example.com" } },
);

const secured = {
  type: "object",
  properties: { secure: { type: "string" } },
  required: ["secure"],
  additionalProperties: false,
  description: "Encrypted by `config set --secret`.",
};

const onSet = (what: string) => `npm run pulumi -- config set --secret ${what}`;

/** Read from a file by the store, so a line break would cut it short or become part of it. */
export const password = (store: string, key: string) =>
  text(/^[^\r\n\0]{8,512}$/, {
    means: `Password of ${store}. Set it with \`${onSet(`sluice:${key}`)}\`.`,
    allowed: "one line of 8 to 512 characters",
    example: "secure: …",
    whenAbsent: "made at the first `up` and kept, encrypted, in the state",
    fix: () => `set a longer one, on one line: ${onSet(`sluice:${key}`)}`,
    jsonSchema: secured,
  });

export const secrets = field(
  z.record(
    z.string(),
    field(z.string().min(1), {
      means: "One secret.",
      allowed: "text, not empty",
      example: "secure: …",
      fix: () => `set it again: ${onSet("--path 'sluice:secrets.<name>'")}`,
      jsonSchema: secured,
    }),
  ),
  {
    means: `Secrets of services, by name. Set one with \`${onSet("--path 'sluice:secrets.payment-key'")}\`.`,
    allowed: "a map of names to secrets",
    example: { "payment-key": { secure: "…" } },
    whenAbsent: "no secrets",
    jsonSchema: { propertyNames: { pattern: SECRET_NAME.source } },
  },
);
