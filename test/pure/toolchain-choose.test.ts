import { describe, expect, it } from "vitest";
import { choose, type Facts, whyNot } from "../../toolchain/choose.ts";
import { goDirective, goProblem } from "../../toolchain/go.ts";
import { isAtLeast } from "../../toolchain/versions.ts";

const nothing: Facts = { forced: undefined, path: undefined, cached: [], reachable: undefined, failed: [] };
const good = { file: "/usr/local/bin/pulumi", version: "3.250.1", hostBeside: true };

describe("which engine is taken", () => {
  it.each<[string, Partial<Facts>, ReturnType<typeof choose>]>([
    ["nothing known: look at the network first", {}, { look: "network" }],
    ["no network: build", { reachable: false }, { use: "source" }],
    ["network: download", { reachable: true }, { use: "official" }],
    ["a good pulumi on PATH, network for its plugins", { path: good, reachable: true }, { use: "path" }],
    ["a good pulumi on PATH, no network for its plugins", { path: good, reachable: false }, { use: "source" }],
    ["a good pulumi on PATH, its plugins cached", { path: good, cached: ["source", "path"] }, { use: "path" }],
    ["what is cached comes before the network", { cached: ["source"] }, { use: "source" }],
    ["of two that are cached, the official one", { cached: ["source", "official"] }, { use: "official" }],
    [
      "an old pulumi on PATH is not there",
      { path: { ...good, version: "3.219.9" }, cached: ["path"], reachable: true },
      { use: "official" },
    ],
    ["a pulumi without its host is not there", { path: { ...good, hostBeside: false }, reachable: true }, { use: "official" }],
    ["a download that broke off: build", { reachable: true, failed: ["official"] }, { use: "source" }],
    ["plugins for PATH's pulumi not to be had: download all", { path: good, reachable: true, failed: ["path"] }, { use: "official" }],
    [
      "forced source, whatever there is",
      { forced: "source", path: good, cached: ["official", "path"], reachable: true },
      { use: "source" },
    ],
    ["forced official looks at the network", { forced: "official", cached: ["source"] }, { look: "network" }],
    ["forced official does not take PATH's", { forced: "official", path: good, reachable: true }, { use: "official" }],
    ["forced official, cached", { forced: "official", cached: ["official"] }, { use: "official" }],
    ["an empty SLUICE_ENGINE is none", { forced: "", cached: ["source"] }, { use: "source" }],
  ])("%s", (_claim, facts, expected) => {
    expect(choose({ ...nothing, ...facts })).toEqual(expected);
  });

  it("says what to do when the forced download cannot be had", () => {
    expect(() => choose({ ...nothing, forced: "official", reachable: false })).toThrow(/SLUICE_ENGINE_MIRROR.*SLUICE_ENGINE=source/);
    expect(() => choose({ ...nothing, forced: "official", reachable: true, failed: ["official"] })).toThrow(/cannot be had/);
  });

  it("names the allowed values for any other", () => {
    expect(() => choose({ ...nothing, forced: "magic" })).toThrow("SLUICE_ENGINE is 'magic'; allowed: official, source");
  });
});

describe("a pulumi on PATH", () => {
  it("is refused with the reason", () => {
    expect(whyNot(good)).toBeUndefined();
    expect(whyNot({ ...good, version: "3.100.0" })).toBe("/usr/local/bin/pulumi is version 3.100.0; 3.220.0 or later is needed");
    expect(whyNot({ ...good, version: "" })).toContain("version unknown");
    expect(whyNot({ ...good, hostBeside: false })).toContain("no pulumi-language-nodejs beside it");
  });
});

describe("versions", () => {
  it.each([
    ["3.220.0", "3.220.0", true],
    ["v3.220.1", "3.220.0", true],
    ["3.219.99", "3.220.0", false],
    ["4.0.0", "3.220.0", true],
    ["1.26", "1.25.8", true],
    ["1.9", "1.25", false],
    ["nothing", "1.0.0", false],
  ])("%s is at least %s: %s", (got, least, expected) => {
    expect(isAtLeast(got, least)).toBe(expected);
  });
});

describe("Go", () => {
  it("is read from a go.mod", () => {
    expect(goDirective("module x\n\ngo 1.25.8\n")).toBe("1.25.8");
  });
  it("is good when it is new enough, or may fetch what is", () => {
    expect(goProblem("1.25.8", { version: "1.26.8", fetches: false }, "linux", "x64")).toBeUndefined();
    expect(goProblem("1.25.8", { version: "1.22.2", fetches: true }, "linux", "x64")).toBeUndefined();
  });
  it("is asked for with the commands that install it", () => {
    const missing = goProblem("1.25.8", undefined, "linux", "x64");
    expect(missing).toContain("none is installed");
    expect(missing).toContain("sudo apt-get install -y golang-go");
    expect(missing).toContain("https://go.dev/dl/go1.25.8.linux-amd64.tar.gz");
    expect(missing).toContain("brew install go");
    expect(goProblem("1.25.8", { version: "1.19.8", fetches: false }, "linux", "arm64")).toContain("this machine has 1.19.8");
  });
});
