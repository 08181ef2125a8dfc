import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { execa } from "execa";
import type { Docker } from "../../estate/docker.ts";

/** Bytes that a compressed file starts with, and how it is opened. */
const PACKED: readonly [magic: Buffer, open: (content: Buffer) => Buffer][] = [
  [Buffer.from([0x1f, 0x8b]), (content) => gunzipSync(content)],
  [Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), (content) => zstdDecompressSync(content)],
];

/** The longest part of a secret that no quoting or escaping changes. */
export const core = (text: string): string => (text.match(/[A-Za-z0-9]+/g) ?? []).reduce((a, b) => (b.length > a.length ? b : a), "");

/**
 * Looks for secret texts wherever they are told to be absent, and counts the places.
 *
 * Besides the secrets it looks for controls, harmless texts of which one must be in every kind of place: a search that does not find
 * it would have missed a secret as well.
 */
export class Search {
  readonly hits: string[] = [];
  private readonly needles: readonly (readonly [name: string, bytes: Buffer])[];
  private readonly controls: readonly string[];
  private readonly kinds = new Map<string, { places: number; bytes: number; controls: number }>();

  /** @param needles secrets by the name that a hit is reported under; the texts themselves are never reported */
  constructor(needles: Readonly<Record<string, string>>, controls: readonly string[]) {
    this.controls = controls;
    this.needles = Object.entries(needles).flatMap(([name, text]) => [
      [name, Buffer.from(core(text))] as const,
      [`${name} in hex`, Buffer.from(Buffer.from(text).toString("hex"))] as const,
      // Base64 in its three alignments, without the characters that depend on the neighbours.
      ...[0, 1, 2].map((shift) => {
        const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]).toString("base64");
        return [`${name} in base64`, Buffer.from(encoded.slice(shift === 0 ? 0 : 4, -4))] as const;
      }),
    ]);
  }

  /** One place of a kind, e.g. the log of one container. */
  place(kind: string, where: string, content: Buffer | string): void {
    let bytes: Buffer = Buffer.from(content);
    for (const [magic, open] of PACKED) if (bytes.subarray(0, magic.length).equals(magic)) bytes = open(bytes);
    const sum = this.kinds.get(kind) ?? { places: 0, bytes: 0, controls: 0 };
    this.kinds.set(kind, {
      places: sum.places + 1,
      bytes: sum.bytes + bytes.length,
      controls: sum.controls + (this.controls.some((control) => bytes.includes(control)) ? 1 : 0),
    });
    for (const [name, needle] of this.needles) if (bytes.includes(needle)) this.hits.push(`${name}: ${kind} ${where}`);
  }

  /** Every file below a folder. */
  async folder(kind: string, folder: string, skip: readonly string[] = []): Promise<void> {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !skip.some((part) => path.includes(part))) this.place(kind, path, await readFile(path));
    }
  }

  /** What Docker shows of everything that an estate has, what its containers said, and what others could read inside them. */
  async docker(docker: Docker, estate: string): Promise<void> {
    for (const kind of ["container", "network", "volume", "image"] as const) {
      for (const id of await docker.list(kind, estate)) this.place(`docker ${kind} inspect`, id, await docker.run([kind, "inspect", id]));
    }
    for (const id of await docker.list("image", estate)) {
      this.place("docker image history", id, await docker.run(["image", "history", "--no-trunc", id]));
    }
    for (const { Id, Name } of await docker.containers(estate)) {
      const { all } = await execa("docker", ["logs", Id], { all: true, maxBuffer: 1 << 28 });
      this.place("docker logs", Name, all);
      await this.readableByOthers(Name, Id);
    }
  }

  /** Numbers of places by kind, for a person to judge what "0 hits" is worth. @throws Error for a kind without the control */
  summary(withoutControl: readonly string[] = []): string {
    const blind = [...this.kinds].filter(([kind, { controls }]) => controls === 0 && !withoutControl.includes(kind)).map(([kind]) => kind);
    if (blind.length > 0) throw new Error(`no control text was found in any of: ${blind.join(", ")}: the search is blind there`);
    const lines = [...this.kinds].map(([kind, { places, bytes }]) => `  ${kind}: ${places} places, ${Math.ceil(bytes / 1024)} KiB`);
    return [`searched, ${this.hits.length} hits:`, ...lines].join("\n");
  }

  /** Files that a user without any rights can read in a container, but for those of the image: what is written while it runs. */
  private async readableByOthers(name: string, id: string): Promise<void> {
    const mounts =
      "/tmp /dev/shm /run/secrets /run/config /control /config /metrics /var/lib/postgresql /var/lib/redis /var/lib/prometheus /var/lib/alertmanager /etc/hosts /etc/hostname";
    const script = `for place in ${mounts}; do find $place -type f -readable 2> /dev/null; done | while read -r file; do echo "== $file"; cat "$file"; done; true`;
    const { stdout } = await execa("docker", ["exec", "--user", "65534:65534", id, "sh", "-c", script], { maxBuffer: 1 << 28 });
    for (const part of `\n${stdout}`.split("\n== ").slice(1))
      this.place("files readable by others in containers", `${name} ${part.split("\n")[0]}`, part);
  }
}
