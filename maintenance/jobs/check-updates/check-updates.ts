import { z } from "zod";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { lookOf } from "../../look.ts";
import { askArchive, hostUpgrades, imageUpgrades, installedIn, type Upgrade } from "../../packages.ts";
import { currentDigest, parseReference } from "./registry.ts";

/** What is newer than what runs, of images and packages. It installs nothing. */
export const checkUpdates: Job = { name: "check-updates", run: check };

const Facts = z.object({ images: z.array(z.string()) });

/** What can be said of one image. */
export interface ImageNews {
  readonly image: string;
  readonly state: "same" | "newer" | "unknown";
  /** Why it is not known; or the digest that is new. */
  readonly more?: string;
}

/** Upgrades in one place. */
export interface PlaceNews {
  readonly place: string;
  readonly upgrades: readonly Upgrade[];
}

const MOST = 60;

async function check(world: JobWorld): Promise<JobOutcome> {
  const { images } = Facts.parse(world.facts);
  const look = lookOf(world.host);
  const notes: Finding[] =
    look === undefined
      ? [
          {
            level: "warning",
            what: "The host was not looked at: nothing is known of its packages.",
            todo: "npm run host -- prepare HOST installs sluice-look.",
          },
        ]
      : [];
  const places: PlaceNews[] = look === undefined ? [] : [{ place: "host", upgrades: hostUpgrades(look.upgrades) }];
  const inside = Object.entries(look?.packages ?? {}).map(([place, text]) => ({ place, installed: installedIn(text) }));
  const names = [...new Set(inside.flatMap(({ installed }) => [...installed.keys()]))];
  if (names.length > 0) {
    world.say(`asking Debian's archive about ${names.length} packages in ${inside.length} containers`);
    try {
      const known = await askArchive(names, world.folder, world.signal);
      for (const { place, installed } of inside) places.push({ place, upgrades: await imageUpgrades(installed, known, world.signal) });
    } catch (error) {
      world.signal.throwIfAborted();
      notes.push({
        level: "warning",
        what: `Nothing is known of the containers' packages. ${error instanceof Error ? error.message : String(error)}`,
        todo: "See whether containers reach the archive; then run the job again.",
      });
    }
  }
  world.say(`asking registries about ${images.length} images`);
  return render(places, await Promise.all(images.map((image) => newsOf(image, world.signal))), notes);
}

async function newsOf(image: string, signal: AbortSignal): Promise<ImageNews> {
  const reference = parseReference(image);
  if (reference === undefined)
    return { image, state: "unknown", more: "it has no tag beside its digest: nobody can say what would be newer" };
  try {
    const digest = await currentDigest(reference, signal);
    return digest === reference.digest ? { image, state: "same" } : { image, state: "newer", more: digest };
  } catch (error) {
    signal.throwIfAborted();
    return { image, state: "unknown", more: error instanceof Error ? error.message : String(error) };
  }
}

/** The first number of a version, without Debian's epoch: another one is another major version, and a task rather than an update. */
export const major = (version: string): string => /^(?:\d+:)?(\d+)/.exec(version)?.[1] ?? version;

/** The report: what is new, the urgent first. */
export function render(places: readonly PlaceNews[], images: readonly ImageNews[], notes: readonly Finding[]): JobOutcome {
  const all = [
    ...new Map(
      places.flatMap(({ place, upgrades }) =>
        upgrades.map(
          (upgrade) =>
            [
              `${place === "host"} ${upgrade.name}`,
              {
                ...upgrade,
                places: places
                  .filter((one) => one.upgrades.some(({ name }) => name === upgrade.name) && (one.place === "host") === (place === "host"))
                  .map((one) => one.place),
              },
            ] as const,
        ),
      ),
    ).values(),
  ];
  const urgent = all.filter(({ security }) => security);
  const majors = all.filter(({ installed, candidate }) => major(installed) !== major(candidate));
  const newer = images.filter(({ state }) => state === "newer");
  const sorted = [...all].sort((a, b) => Number(b.security) - Number(a.security) || (a.name < b.name ? -1 : 1));
  return {
    summary:
      all.length + newer.length === 0
        ? "Everything is up to date."
        : `${all.length} packages (${urgent.length} for security) and ${newer.length} images have updates. Nothing was installed.`,
    findings: [
      ...notes,
      ...(urgent.length > 0
        ? [
            {
              level: "warning",
              what: `Security updates: ${urgent
                .slice(0, 10)
                .map(({ name }) => name)
                .join(", ")}${urgent.length > 10 ? ", …" : ""}.`,
              todo: "Host: apt-get upgrade. Images: build them again (docs/maintenance.md), and npm start.",
            } as const,
          ]
        : []),
      ...newer.map(
        ({ image }): Finding => ({
          level: "notice",
          what: `The tag of ${image} stands for another image now.`,
          todo: "Try it in dev, then write its digest into the stack file.",
        }),
      ),
      ...majors.map(
        ({ name, installed, candidate }): Finding => ({
          level: "notice",
          what: `${name} has a new major version (${installed} -> ${candidate}): a task of its own, not an update.`,
        }),
      ),
    ],
    sections: [
      {
        title: "Packages",
        ...(sorted.length > MOST && { text: `The first ${MOST} of ${sorted.length}.` }),
        table: {
          head: ["package", "installed", "to be had", "security", "where"],
          rows: sorted
            .slice(0, MOST)
            .map(({ name, installed, candidate, security, places: where }) => [
              name,
              installed,
              candidate,
              security ? "yes" : "",
              where.join(", "),
            ]),
        },
      },
      { title: "Images", table: { head: ["image", "state", ""], rows: images.map(({ image, state, more = "" }) => [image, state, more]) } },
    ],
    metrics: [
      {
        name: "sluice_updates_available",
        help: "Packages and images that have updates.",
        labels: { kind: "security" },
        value: urgent.length,
      },
      {
        name: "sluice_updates_available",
        help: "Packages and images that have updates.",
        labels: { kind: "other" },
        value: all.length - urgent.length + newer.length,
      },
    ],
  };
}
