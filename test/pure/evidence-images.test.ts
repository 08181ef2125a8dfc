import { beforeAll, describe, expect, it } from "vitest";
import { Docker } from "../../estate/docker.ts";
import { toolImage } from "../../evidence/images.ts";
import { prepareImages } from "../../images/prepare.ts";
import { buildRecord } from "../../images/record.ts";

const tagOf = (repository: string, role: string): string => `${repository}/${role}:${buildRecord(`images/${role}`).hash.slice(0, 12)}`;

/** An engine that has images of these names, and remembers what it was asked to do. */
class Engine extends Docker {
  readonly asked: string[] = [];
  readonly images: Set<string>;

  constructor(...images: string[]) {
    super("unix:///nowhere");
    this.images = new Set(images);
  }

  override async run(args: readonly string[]): Promise<string> {
    this.asked.push(args.join(" "));
    if (args[0] === "build") this.images.add(args.at(-2) ?? "");
    if (args[0] === "image" && args[1] === "inspect" && !this.images.has(args.at(-1) ?? "")) throw new Error("No such image");
    // Docker's own filter: the last word is a repository, where it is not the list's format.
    const repository = args.at(-1)?.startsWith("{{") ? "" : `${args.at(-1)}:`;
    return args[1] === "ls" ? [...this.images].filter((name) => name.startsWith(repository)).join("\n") : "sha256:1";
  }

  override async try(args: readonly string[]): Promise<boolean> {
    this.asked.push(args.join(" "));
    return args[1] === "inspect" && this.images.has(args.at(-1) ?? "");
  }
}

describe("an image to gather evidence with", () => {
  beforeAll(() => prepareImages());

  it("is never an estate's, which may end meanwhile: it is built where there is none of ours", async () => {
    const docker = new Engine(tagOf("shop", "base"), tagOf("shop", "postgres"));
    expect(await toolImage(docker, "images/postgres")).toBe("sha256:1");
    const builds = docker.asked.filter((words) => words.startsWith("build "));
    expect(builds.map((words) => words.split(" ").at(-1))).toEqual(["images/base", "images/postgres"]);
    expect(docker.asked.join("\n")).not.toContain("shop/");
  });

  it("is ours where it is there, and nothing is built", async () => {
    const docker = new Engine(tagOf("sluice-evidence", "postgres"));
    expect(await toolImage(docker, "images/postgres")).toBe(tagOf("sluice-evidence", "postgres"));
    expect(docker.asked.some((words) => words.startsWith("build "))).toBe(false);
  });
});
