import { type Inspected, inspected, nameOf } from "../../docker.ts";
import type { Finding, Gauge, Job } from "../../job.ts";
import { type HostLook, lookOf } from "../../look.ts";
import { bytes } from "../../words.ts";

/** Drivers that write to the host's disk, and keep what they have until somebody bounds it. */
const ON_DISK = ["json-file", "local"];
const UNITS: Readonly<Record<string, number>> = { "": 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
/** A log is turned when it has been written to past its bound; so much more is no sign of anything. */
const SLACK = 1.2;
/** /var/log and the journal, kB. */
const MOST_HOST_LOGS_KB = 4 * 1024 ** 2;

export interface LogBound {
  readonly name: string;
  readonly driver: string;
  /** Bytes; absent: it grows until the disk is full. */
  readonly most?: number;
  readonly has: number;
}

/** `10m` as bytes. */
export function sizeOf(text: string | undefined): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([bkmg]?)b?$/i.exec(text ?? "") ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** What each container's log may take and takes. */
export function boundsOf(look: Pick<HostLook, "containers" | "containerLogs">): LogBound[] {
  const sizes = new Map<string, number>();
  for (const line of (look.containerLogs ?? "").split("\n")) {
    const [id = "", size] = line.trim().split(" ");
    if (id !== "") sizes.set(id, (sizes.get(id) ?? 0) + Number(size));
  }
  return inspected(look.containers).map((container) => {
    const most = boundOf(container);
    const driver = container.HostConfig.LogConfig?.Type ?? "";
    return { name: nameOf(container), driver, has: sizes.get(container.Id) ?? 0, ...(most !== undefined && { most }) };
  });
}

function boundOf({ HostConfig: { LogConfig } }: Inspected): number | undefined {
  const size = sizeOf(LogConfig?.Config?.["max-size"]);
  return size === undefined ? undefined : size * Number(LogConfig?.Config?.["max-file"] ?? 1);
}

/** What is wrong with the logs of a host. */
export function judge(look: HostLook, bounds: readonly LogBound[]): Finding[] {
  const found = bounds.flatMap(({ name, driver, most, has }): Finding[] => {
    if (!ON_DISK.includes(driver)) return [];
    if (most === undefined)
      return [
        {
          level: "warning",
          what: `the log of ${name} has no bound (${driver}, ${bytes(has)} now)`,
          todo: "set max-size and max-file, or run `npm run up`",
        },
      ];
    if (has <= most * SLACK) return [];
    return [
      {
        level: "warning",
        what: `the log of ${name} has ${bytes(has)}, more than its bound of ${bytes(most)}`,
        todo: "is Docker's log driver at work? `docker logs --tail 1`",
      },
    ];
  });
  const active = (look.activeUnits ?? "").split("\n");
  if (look.activeUnits !== null && active[1] !== "active")
    found.push({
      level: "warning",
      what: "logrotate.timer does not run: the host's own logs are not turned",
      todo: "systemctl enable --now logrotate.timer",
    });
  const hostLogs = Number(/^(\d+)/.exec(look.logs ?? "")?.[1] ?? 0);
  if (hostLogs > MOST_HOST_LOGS_KB)
    found.push({
      level: "warning",
      what: `/var/log has ${bytes(hostLogs * 1024)}`,
      todo: "look what is large there: du -sh /var/log/*; for the journal: journalctl --vacuum-size=1G",
    });
  return found;
}

/**
 * That every log is turned and bounded. The turning itself is done where the logs are written: Docker's log driver, the edge's own program,
 * logrotate and the journal; a job that turned them from outside would lose lines.
 */
export const rotateLogs: Job = {
  name: "rotate-logs",
  run({ host, say }) {
    const look = lookOf(host);
    if (!look) throw new Error("the host was not looked at: is sluice-look installed there? npm run host -- check");
    const bounds = boundsOf(look);
    const findings = judge(look, bounds);
    const total = bounds.reduce((sum, { has }) => sum + has, 0);
    say(`${bounds.length} containers have ${bytes(total)} of logs`);
    const metrics: Gauge[] = [
      { name: "sluice_logs_bytes", help: "Logs of the estate's containers on the host's disk.", value: total },
      {
        name: "sluice_logs_unbounded",
        help: "Containers whose log has no bound.",
        value: bounds.filter(({ most, driver }) => most === undefined && ON_DISK.includes(driver)).length,
      },
    ];
    return Promise.resolve({
      summary: `${bounds.length} containers have ${bytes(total)} of logs, of ${bytes(bounds.reduce((sum, { most = 0 }) => sum + most, 0))} that they may have.`,
      findings: findings.length > 0 ? findings : [{ level: "ok", what: "every log is turned and bounded" }],
      sections: [
        {
          title: "Logs of containers",
          table: {
            head: ["container", "driver", "has", "may have"],
            rows: [...bounds]
              .sort((a, b) => b.has - a.has)
              .map(({ name, driver, has, most }) => [name, driver, bytes(has), most === undefined ? "no bound" : bytes(most)]),
          },
        },
        {
          title: "The host's own",
          text:
            [look.logs && `/var/log: ${bytes(Number(/^\d+/.exec(look.logs)?.[0] ?? 0) * 1024)}.`, look.journal].filter(Boolean).join(" ") ||
            "not known",
        },
      ],
      metrics,
    });
  },
};
