import { Problem } from "../../toolchain/problem.ts";
import { alertsOfFill, type Disk, planFill } from "../fill.ts";
import { FILL_FILE } from "../step.ts";
import { nameOf, running } from "../targets.ts";
import type { DrillWorld, Scenario } from "../world.ts";

/** Longest time that the file may be there, whatever happens to the drill, seconds. */
const LONGEST_SECONDS = 900;

/** A file on a volume of the estate, removed at the end by the container that made it. */
export const disk: Scenario = {
  name: "disk",
  says: "fill a volume of the estate with one file, within hard limits; the file goes at the end, whatever happens",
  prepare: async (world) => {
    const { settings, options, docker } = world;
    const name = options.volume ?? "postgres-data";
    const volume = `${settings.name}-${name}`;
    if (!(await docker.list("volume", settings.name)).includes(volume))
      throw new Problem(
        `'${settings.name}' has no volume '${name}'. See docker volume ls --filter label=dev.sluice.estate=${settings.name}`,
      );
    const { Image: image } = running(world, "edge");
    const seen = await look(world, image, volume);
    const fill = planFill(seen, options.fill);
    if (fill.mb === 0)
      throw new Problem(
        `Nothing of ${volume} may be filled: ${Math.floor(seen.freeMb)} MB of ${Math.floor(seen.sizeMb)} MB are free${seen.shared ? ", on the disk of Docker itself, and a tenth and at least 2 GB of it stay free" : ""}. --leave-mb says what must stay.`,
      );
    const ofPostgres = name === "postgres-data" && settings.postgres !== undefined;
    const { diskPercent = 80 } = settings.monitoring?.thresholds ?? {};
    const alerts = alertsOfFill(
      fill,
      { shared: seen.shared, ofPostgres },
      {
        ...{ reserveMb: settings.postgres?.diskReserveMb ?? 0, diskRatio: diskPercent / 100, diskFullRatio: 0.95 },
      },
    );
    const filler = `${settings.name}-drill-disk`;
    const where = seen.shared ? "on the disk of Docker itself" : "a file system of its own";
    return {
      will: `put a file of ${fill.mb} MB on ${volume} (${where}; ${Math.floor(fill.leftMb)} MB stay free) for at most ${LONGEST_SECONDS / 60} minutes`,
      steps: [{ does: "empty", filler, volume, image }],
      alerts: alerts.map((alert) => ({ name: alert })),
      heals: false,
      inject: async () => {
        await docker.try(["container", "rm", "--force", filler]);
        await docker.run([
          ...["run", "--detach", "--name", filler, "--label", `dev.sluice.estate=${settings.name}`, "--label", "dev.sluice.role=files"],
          ...["--network", "none", "--user", "10001:10001", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--read-only"],
          ...[
            "--memory",
            `${fill.mb + 64}m`,
            "--volume",
            `${volume}:/fill`,
            "--entrypoint",
            "sh",
            image,
            "-c",
            FILLER,
            "fill",
            `${fill.mb}`,
            `${LONGEST_SECONDS}`,
          ],
        ]);
        await filled(world, filler);
      },
      ...(ofPostgres && { recovered: () => isWritable(world) }),
    };
  },
};

// What can not be written any more is no failure: it is full then.
const FILLER = `
trap 'rm -f /fill/${FILL_FILE}' EXIT
trap 'exit 0' TERM INT HUP
fallocate -l "$1M" /fill/${FILL_FILE} 2> /dev/null || head -c "$1M" /dev/zero > /fill/${FILL_FILE} || true
echo filled
sleep "$2" & wait
`;

async function filled({ docker }: DrillWorld, filler: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if ((await docker.run(["logs", filler])).includes("filled")) return;
    await new Promise((later) => setTimeout(later, 100));
  }
  throw new Problem(`${filler} did not fill the volume within a minute.`);
}

/** The volume's file system, from inside: its size, what is free, and whether it is the one that Docker itself is on. */
async function look({ docker }: DrillWorld, image: string, volume: string): Promise<Disk> {
  // Docker puts a container's /etc/hosts on its own disk.
  const script = "stat -f -c '%b %a %S' /fill; stat -c %d /fill; stat -c %d /etc/hosts";
  const text = await docker.run([
    ...["run", "--rm", "--network", "none", "--user", "10001:10001", "--cap-drop", "ALL", "--read-only"],
    ...["--volume", `${volume}:/fill:ro`, "--entrypoint", "sh", image, "-c", script],
  ]);
  const [all = 0, free = 0, size = 0, own, docked] = text.split(/\s+/).map(Number);
  return { sizeMb: (all * size) / 2 ** 20, freeMb: (free * size) / 2 ** 20, shared: own === docked };
}

async function isWritable(world: DrillWorld): Promise<boolean> {
  const { docker, settings } = world;
  const container = nameOf(running(world, "postgres"));
  const where = ["-h", "/tmp", "-U", settings.postgres?.user ?? "", "-d", settings.postgres?.database ?? ""];
  return docker.run(["exec", container, "psql", ...where, "-qtAX", "-c", "show transaction_read_only"]).then(
    (said) => said.trim() === "off",
    () => false,
  );
}
