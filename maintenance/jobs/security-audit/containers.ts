import type { InspectedContainer, InspectedImage } from "../../docker-facts.ts";
import type { Finding } from "../../job.ts";

const OLD_IMAGE_DAYS = 90;
/** The edge alone may be reached from other machines. */
const EDGE = "edge";
const ROLE = "dev.sluice.role";
/** A variable that holds a secret, by its name; one that names a file of it has a path. */
const SECRET_ENV = /^(?:[A-Z0-9_]+_)?(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_KEY|ACCESS_KEY)=(?!\/|$)/;

type Rule = readonly [broken: (container: InspectedContainer) => boolean, level: Finding["level"], what: string];

/** What every container of an estate has to be, whoever has changed it since it was made. */
const RULES: readonly Rule[] = [
  [({ HostConfig }) => HostConfig.Privileged, "critical", "is privileged: whoever gets in has the host"],
  [
    ({ Mounts }) => Mounts.some(({ Source }) => /docker\.sock$/.test(Source)),
    "critical",
    "has Docker's socket: whoever gets in has the host",
  ],
  [
    ({ HostConfig }) => HostConfig.NetworkMode === "host" || HostConfig.PidMode === "host",
    "critical",
    "shares the host's network or processes",
  ],
  [({ HostConfig }) => (HostConfig.CapAdd ?? []).length > 0, "warning", "has capabilities that containers do not have"],
  [
    ({ HostConfig }) => !(HostConfig.CapDrop ?? []).some((name) => /^(CAP_)?ALL$/i.test(name)),
    "warning",
    "keeps Docker's usual capabilities",
  ],
  [
    ({ HostConfig }) => !(HostConfig.SecurityOpt ?? []).some((option) => option.startsWith("no-new-privileges")),
    "warning",
    "may gain privileges (no-new-privileges is off)",
  ],
  [({ HostConfig }) => !HostConfig.ReadonlyRootfs, "warning", "can write to its own programs (the root is not read-only)"],
  [({ HostConfig }) => HostConfig.Memory === 0, "warning", "has no memory limit: it can take the host's"],
  [({ Config }) => /^(0|root)(:|$)/.test(Config.User), "warning", "runs as root"],
  [
    ({ Config }) => (Config.Env ?? []).some((entry) => SECRET_ENV.test(entry)),
    "critical",
    "has a secret in its environment, where everybody with Docker reads it",
  ],
  [
    ({ HostConfig }) => HostConfig.LogConfig?.Type === "json-file" && HostConfig.LogConfig.Config?.["max-size"] === undefined,
    "warning",
    "has logs without a bound: they fill the disk",
  ],
  [({ State }) => State.OOMKilled, "warning", "was killed for want of memory"],
];

/** Findings of containers by name, and of images that have grown old. @param now seconds since 1970 */
export function auditContainers(containers: readonly InspectedContainer[], images: readonly InspectedImage[], now: number): Finding[] {
  const todo = "npm start makes it again as the settings say; where it is the settings' doing, npm run policy says why.";
  return [
    ...containers.flatMap((container) =>
      RULES.flatMap(([broken, level, what]): Finding[] => (broken(container) ? [{ level, what: `${container.Name} ${what}.`, todo }] : [])),
    ),
    ...containers.flatMap(exposed),
    ...images.flatMap(({ Created, RepoTags, Id }): Finding[] => {
      const days = (now - Date.parse(Created) / 1000) / 86_400;
      const name = RepoTags?.[0] ?? Id.slice(7, 19);
      return days > OLD_IMAGE_DAYS
        ? [
            {
              level: "notice",
              what: `The image ${name} is ${Math.floor(days)} days old: it has no update since.`,
              todo: "Build or pull it again; check-updates says what is new.",
            },
          ]
        : [];
    }),
  ];
}

function exposed({ Name, HostConfig, Config }: InspectedContainer): Finding[] {
  if (Config.Labels?.[ROLE] === EDGE) return [];
  const open = Object.values(HostConfig.PortBindings ?? {}).flatMap((bindings) =>
    (bindings ?? []).filter(({ HostIp }) => !/^(127\.|::1$)/.test(HostIp)),
  );
  return open.map(
    ({ HostPort }): Finding => ({
      level: "critical",
      what: `${Name} can be reached from other machines on port ${HostPort}.`,
      todo: "Only the edge has a port: take it out.",
    }),
  );
}
