import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { decodeStackFile } from "../../settings/decode.ts";
import { parseSettings } from "../../settings/parse.ts";
import { inCluster, onHost } from "../../settings/placement.ts";
import type { Settings } from "../../settings/types.ts";
import { added, type Block, blocksOf, commandsOf } from "../support/document.ts";
import { type Raw, stackFile } from "../support/settings.ts";

/** The document's steps with settings alone: every time that it says `up`, where each service runs. `test/engine/own/kubernetes-move.test.ts` runs them. */
describe("docs/kubernetes.md, moving a service to the cluster and back", () => {
  let blocks: Block[];
  beforeAll(async () => {
    blocks = [
      ...(await blocksOf("docs/kubernetes.md", "Moving a service to the cluster")),
      ...(await blocksOf("docs/kubernetes.md", "And back")),
    ];
  });

  it("goes through settings that hold: beside each other, in the cluster alone, beside each other, on the host alone, without a cluster", () => {
    let config: Raw = stackFile("dev").config;
    const places: string[] = [];
    const look = () => {
      const { raw } = decodeStackFile(config);
      const result = parseSettings(raw, { stack: "dev", secretKeys: ["secrets"] });
      if ("problems" in result) throw new Error(JSON.stringify(result.problems));
      const settings = result.ok as unknown as Settings;
      const names = (part: { services: readonly { name: string }[] } | undefined) => part?.services.map(({ name }) => name).join(" ");
      places.push(`host: ${names(onHost(settings)) ?? "none"}; cluster: ${names(inCluster(settings)) ?? "none"}`);
    };
    for (const block of blocks) {
      if (block.language === "yaml") config = added(config, parse(block.text.replaceAll("<digest>", "1".repeat(64))));
      if (block.language !== "sh") continue;
      for (const command of commandsOf(block)) {
        if (/ -- up |run up /.test(command)) look();
        const secret = /config set .*'sluice:secrets\.([a-z]+)'/.exec(command)?.[1];
        if (secret) config = added(config, { "sluice:secrets": { [secret]: { secure: "v1:x" } } });
        const [, service, whole] = /config rm .*?(?:'sluice:services\.([a-z-]+)'|(sluice:[a-z]+))$/.exec(command) ?? [];
        if (service) delete config["sluice:services"][service];
        if (whole) delete config[whole];
      }
    }
    expect(places).toEqual([
      "host: api web; cluster: web-k",
      "host: api; cluster: web-k",
      "host: api web; cluster: web-k",
      "host: api web; cluster: ",
      "host: api web; cluster: none",
    ]);
  });

  it("has no command that a person would have to change, but for the digest and addresses of their own", () => {
    const commands = blocks.filter(({ language }) => language === "sh").flatMap(commandsOf);
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands) expect(command).toMatch(/^npm run (pulumi|up|preview|render) -- [^<]*( < kubeconfig\.yaml)?$/);
  });
});
