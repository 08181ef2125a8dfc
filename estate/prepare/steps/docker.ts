import { z } from "zod";
import { fileDiffers, lookAtFile, putFile, type Step } from "../step.ts";

const PATH = "/etc/docker/daemon.json";

/** Logs of containers that say nothing of it are cut, and containers live on while the engine is updated. */
const WANTED = {
  "log-driver": "json-file",
  "log-opts": { "max-size": "10m", "max-file": "3" },
  "live-restore": true,
} as const;

const Settings = z.record(z.string(), z.unknown());

/** The engine's settings. What else stands in the file stays. */
export const dockerSettings: Step = {
  name: "docker-settings",
  title: "Docker's defaults: logs of containers are cut at 3 × 10 MB, containers outlive a restart of the engine",
  look: lookAtFile(PATH),
  judge: (found) => {
    const [facts = "absent", content = ""] = found.split("\n");
    const old = facts === "absent" ? {} : parse(Buffer.from(content, "base64").toString("utf8"));
    if (old === undefined)
      return { differs: [`${PATH} is no JSON`], make: "exit 1", blocked: `${PATH} is no JSON: mend or remove it on the host` };
    const same = Object.entries(WANTED).every(([key, value]) => JSON.stringify(old[key]) === JSON.stringify(value));
    const file = { path: PATH, text: `${JSON.stringify({ ...old, ...WANTED }, undefined, 2)}\n` };
    const missing = facts === "absent" ? [`${PATH} is missing`] : [];
    return {
      differs: same
        ? fileDiffers({ ...file, text: Buffer.from(content, "base64").toString("utf8") }, [facts, content])
        : [...missing, ...different(old)],
      // With the reload containers begin to outlive the engine: then its restart touches none.
      make: `${putFile(file)}\nif systemctl -q is-active docker; then systemctl reload docker; systemctl restart docker; fi`,
    };
  },
};

const different = (old: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(WANTED).flatMap(([key, value]) => {
    const [had, wanted] = [JSON.stringify(old[key]) ?? "not set", JSON.stringify(value)];
    return had === wanted ? [] : [`${key} is ${had}, wanted ${wanted}`];
  });

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return Settings.parse(JSON.parse(text.trim() === "" ? "{}" : text));
  } catch {
    return undefined;
  }
}

/** The engine runs, and starts with the machine. */
export const dockerRuns: Step = {
  name: "docker",
  title: "the Docker engine runs, and starts with the machine",
  look: 'echo "enabled $(systemctl is-enabled docker 2> /dev/null)"; echo "active $(systemctl is-active docker 2> /dev/null)"; docker version --format \'version {{.Server.Version}}\' 2> /dev/null || true',
  judge: (found) => {
    const lines = found.split("\n");
    return {
      differs: [
        ...(lines.includes("enabled enabled") ? [] : ["it does not start with the machine"]),
        ...(lines.includes("active active") ? [] : ["it does not run"]),
        ...(lines.some((line) => /^version \d/.test(line)) ? [] : ["it does not answer"]),
      ],
      make: "systemctl enable --now docker\nfor try in 1 2 3 4 5 6 7 8 9 10; do docker version > /dev/null 2>&1 && exit 0; sleep 1; done; docker version",
    };
  },
};
