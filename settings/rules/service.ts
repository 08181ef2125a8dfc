import { type Path, shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import type { WrittenService, WrittenSlot } from "../schema.ts";
import { ENV_NAME, FILE_NAME, ROUTE, SERVICE_NAME } from "../service.ts";
import { SLOTS } from "../types.ts";
import { sourceChoice } from "./source.ts";

const RESERVED_NAMES = ["edge", "postgres", "redis", "network", "prometheus", "alertmanager", "probes", "guard"];
const RESERVED_ENV = new Set([
  "PORT",
  "POSTGRES_HOST",
  "POSTGRES_PORT",
  "POSTGRES_DATABASE",
  "POSTGRES_USER",
  "POSTGRES_PASSWORD_FILE",
  "REDIS_HOST",
  "REDIS_PORT",
  "REDIS_PASSWORD_FILE",
]);

/** What can be said of one service without looking at the others. */
export const serviceRules: Rule = ({ services }) =>
  Object.entries(services).flatMap(([name, service]) => {
    const at = ["services", name];
    return [
      ...named(name),
      ...routed(at, service),
      ...traffic(at, service),
      ...timed(at, service),
      ...envNames([...at, "env"], service.env),
      ...slots(at, service),
    ];
  });

function named(name: string): Finding[] {
  const at = ["services", name];
  const received = JSON.stringify(name.slice(0, 40));
  if (RESERVED_NAMES.includes(name)) {
    return [
      { at, received, allowed: `any name but ${RESERVED_NAMES.join(", ")}: those are the estate's own`, fix: `for example ${name}-app` },
    ];
  }
  if (SERVICE_NAME.test(name)) return [];
  const better = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 21);
  return [
    {
      at,
      received,
      allowed: "1 to 21 lower-case letters, digits, `-`, starting with a letter",
      fix: `for example ${SERVICE_NAME.test(better) ? better : "api"}`,
    },
  ];
}

function routed(service: Path, { route, port }: WrittenService): Finding[] {
  const found: Finding[] = [];
  if (port === undefined) {
    found.push({
      at: [...service, "port"],
      received: "nothing",
      allowed: "a whole number from 1024 to 65535",
      fix: "add the port that the service listens on, for example 3000",
    });
  }
  if (route === undefined) return found;
  const at = [...service, "route"];
  const received = shown(route, at);
  if (!ROUTE.test(route)) {
    const better = `/${route.replaceAll(/^\/+|\/+$/g, "").replaceAll(/\/{2,}/g, "/")}`;
    found.push({
      at,
      received,
      allowed: "/ or a path such as /api: letters, digits, `.`, `_`, `~`, `-`, no slash at the end",
      fix: ROUTE.test(better) ? `write ${better}` : "a route is a plain path, not a pattern; for example /api",
    });
  } else if (route === "/healthz" || route.startsWith("/healthz/")) {
    found.push({ at, received, allowed: "any path but /healthz, where the edge answers for itself", fix: "for example /health-service" });
  }
  return found;
}

function traffic(service: Path, { active, canaryWeight, blue, green }: WrittenService): Finding[] {
  const other = active === "blue" ? "green" : "blue";
  const declared = { blue, green };
  const found: Finding[] = [];
  if (!declared[active]) {
    found.push({
      at: [...service, "active"],
      reads: [[...service, active]],
      received: active,
      allowed: declared[other] ? `a declared slot: ${other}` : "a declared slot; there is none",
      fix: declared[other] ? `declare \`${active}\`, or write \`active: ${other}\`` : `declare \`${active}\` with \`image\` or \`build\``,
    });
  }
  if (canaryWeight > 0 && !declared[other]) {
    found.push({
      at: [...service, "canaryWeight"],
      reads: [
        [...service, "active"],
        [...service, other],
      ],
      received: String(canaryWeight),
      allowed: `0 while the other slot, ${other}, is not declared`,
      fix: `declare \`${other}\`, or write \`canaryWeight: 0\``,
    });
  }
  return found;
}

function timed(service: Path, { healthIntervalSeconds: interval, readyTimeoutSeconds: ready }: WrittenService): Finding[] {
  if (ready > interval) return [];
  return [
    {
      at: [...service, "readyTimeoutSeconds"],
      reads: [[...service, "healthIntervalSeconds"]],
      received: String(ready),
      allowed: `more than \`healthIntervalSeconds\` (${interval}), so that one check can happen`,
      fix: `set it to ${interval * 10}, or lower \`healthIntervalSeconds\``,
    },
  ];
}

function slots(service: Path, written: WrittenService): Finding[] {
  const found = SLOTS.flatMap((name) => {
    const slot = written[name];
    return slot ? slotRules([...service, name], slot) : [];
  });
  const { blue, green } = written;
  if (blue?.release !== undefined && blue.release === green?.release && (blue.image !== green.image || blue.build !== green.build)) {
    found.push({
      at: [...service, "green", "release"],
      reads: SLOTS.flatMap((name) => ["release", "image", "build"].map((key) => [...service, name, key])),
      received: JSON.stringify(green.release),
      allowed: "another name than blue's, because blue runs another image",
      fix: "give each release its own name",
    });
  }
  return found;
}

function slotRules(at: Path, slot: WrittenSlot): Finding[] {
  const files = Object.keys(slot.files)
    .filter((name) => !FILE_NAME.test(name))
    .map((name) => ({
      at: [...at, "files", name],
      received: JSON.stringify(name.slice(0, 60)),
      allowed: "a relative path of letters, digits, `.`, `_`, `-`, `/`, without `..`",
      fix: "name the file as it should stand below /run/config/, for example app.json",
    }));
  return [...sourceChoice(at, slot, "required"), ...envNames([...at, "env"], slot.env), ...files];
}

/** Names of variables that Sluice sets itself, or that no program could read. */
export function envNames(at: Path, env: WrittenService["env"]): Finding[] {
  return Object.keys(env).flatMap((name): Finding[] => {
    const received = JSON.stringify(name.slice(0, 60));
    if (name.startsWith("SLUICE_") || RESERVED_ENV.has(name)) {
      return [{ at: [...at, name], received, allowed: "a name that Sluice does not set itself", fix: "remove it, or choose another name" }];
    }
    if (ENV_NAME.test(name)) return [];
    const better = name.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^(?=\d)/, "_");
    return [
      {
        at: [...at, name],
        received,
        allowed: "letters, digits, `_`, not starting with a digit",
        fix: ENV_NAME.test(better) ? `for example ${better.slice(0, 60)}` : "for example LOG_LEVEL",
      },
    ];
  });
}
