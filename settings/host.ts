import { z } from "zod";
import { field, text, whole } from "./field.ts";
import { HOST_KEY } from "./place.ts";
import { HOST_NAME } from "./placed-on.ts";
import { SECRET_NAME } from "./service.ts";

/** 31 characters: `<name>-<service>-green-8` stays below the 63 that Docker's DNS takes. */
export const ESTATE_NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** An engine that is reached by ssh. */
export const SSH_DOCKER =
  /^ssh:\/\/[A-Za-z_][A-Za-z0-9_.-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
export const DOCKER_HOST = new RegExp(`^unix:///[^\\s\\0]+$|${SSH_DOCKER.source}`);
/** Of a name server or a number; IPv6 without brackets. */
const LINK_ADDRESS = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45})$/;
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

const hostKeys = field(
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
).optional();

// Its syntax is judged in rules.ts, so that a subnet with host bits set gets its own fix.
const subnet = (means: string, example: string) =>
  field(z.string(), {
    means,
    allowed: "a private IPv4 network in CIDR form, /16 to /22",
    example,
    jsonSchema: { pattern: String.raw`^\d{1,3}\.\d{1,3}\.\d{1,3}\.0\/(?:1[6-9]|2[0-2])$` },
  });

/** Where the other hosts of the stack reach this one. */
const LINK = {
  linkAddress: text(LINK_ADDRESS, {
    means: "Name or address at which the stack's other hosts reach this one; a private one, where the provider has such a network.",
    allowed: "a host name or an IP address",
    example: "10.0.0.2",
    whenAbsent: "the one in `docker`",
  }).optional(),
  linkPort: whole(1024, 65_535, "", "UDP port of the link between the stack's hosts; two stacks on one host need two.", 51_820).default(
    51_820,
  ),
};

export const host = field(
  z.strictObject({
    docker: text(DOCKER_HOST, {
      means: "Docker engine that carries the estate.",
      allowed: DOCKER_ALLOWED,
      example: "ssh://deploy@vps.example.com",
      whenAbsent: "DOCKER_HOST, else unix:///var/run/docker.sock",
      fix: dockerFix,
    }).optional(),
    hostKeys,
    keySecret: text(SECRET_NAME, {
      means: "Secret that holds the private key to sign in with; an ssh agent of its own keeps it while a command runs.",
      allowed: "a name from sluice:secrets",
      example: "deploy-key",
      whenAbsent: "your ssh agent and keys",
    }).optional(),
    subnet: subnet("The estate's own network. Two estates on one host need two.", "10.213.0.0/16").default("10.213.0.0/16"),
    ...LINK,
  }),
  { means: "Where the estate runs.", allowed: "a map", example: { docker: "ssh://deploy@vps.example.com" } },
);

export const hosts = field(
  z.record(
    z.string(),
    field(
      z.strictObject({
        docker: text(SSH_DOCKER, {
          means: "Docker engine of this host, by ssh.",
          allowed: "ssh://user@host",
          example: "ssh://deploy@east.example.com",
          fix: dockerFix,
        }).optional(),
        hostKeys,
        subnet: subnet("The estate's network on this host. It shares no address with the other hosts'.", "10.214.0.0/16").optional(),
        ...LINK,
      }),
      {
        means: "One more host.",
        allowed: "a map with `docker`, `hostKeys` and `subnet`",
        example: { docker: "ssh://deploy@east.example.com", hostKeys: ["ssh-ed25519 AAAA…"], subnet: "10.214.0.0/16" },
        jsonSchema: { required: ["docker", "hostKeys", "subnet"] },
      },
    ),
  ),
  {
    means:
      "More hosts of the estate, by name, beside the one of `sluice:host`, whose name is `main`. What runs where is said by `host` of services, edge and monitoring; `npm run host -- link` joins their networks.",
    allowed: "a map of names to hosts",
    example: { east: { docker: "ssh://deploy@east.example.com", hostKeys: ["ssh-ed25519 AAAA…"], subnet: "10.214.0.0/16" } },
    whenAbsent: "one host",
    jsonSchema: { propertyNames: { pattern: HOST_NAME.source } },
  },
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
