import { OPTIONAL, PACKAGES } from "../packages.ts";
import type { Step } from "../step.ts";

/** Whoever has the program already keeps it, from wherever it came. */
const INSTEAD: Readonly<Record<string, string>> = { "docker.io": "dockerd", "docker-cli": "docker", "systemd-timesyncd": "chronyd" };

/** The packages that everything below needs. */
export const packages: Step = {
  name: "packages",
  title: `packages: ${PACKAGES.join(", ")}`,
  look: [
    '. /etc/os-release; echo "os $ID $VERSION_ID"',
    `for name in ${[...PACKAGES, ...OPTIONAL].join(" ")}; do dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' $name 2> /dev/null || echo "$name absent"; done`,
    `for name in ${Object.values(INSTEAD).join(" ")}; do command -v $name > /dev/null && echo "has $name"; done`,
    "true",
  ].join("\n"),
  judge: (found) => {
    const lines = found.split("\n");
    const has = (name: string) => lines.includes(`${name} installed`) || lines.includes(`has ${INSTEAD[name]}`);
    const wanted = [...PACKAGES, ...(lines.includes("os debian 13") ? OPTIONAL : [])];
    const missing = wanted.filter((name) => !has(name));
    return {
      differs: missing.map((name) => `${name} is not installed`),
      make: [
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get update -qq -o DPkg::Lock::Timeout=300 || echo 'the package lists could not be renewed; going on with those that are there' >&2",
        `apt-get install -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold ${missing.join(" ")} > /dev/null`,
      ].join("\n"),
    };
  },
};
