import { describe, expect, it } from "vitest";
import { only, record } from "../support/record.ts";

const COMMAND = "command:local:Command";

async function shell(docker: string) {
  const { Host } = await import("../../components/host/host.ts");
  const { hostShell } = await import("../../components/host/shell.ts");
  const seen = await record(() => {
    const host = new Host("host", { estate: "shop", docker, subnet: "10.9.0.0/16" });
    hostShell("units", { host, run: "sudo -n put shop", undo: "sudo -n drop shop", stdin: "text", secret: true }, {});
  });
  return only(seen, COMMAND, "units").inputs;
}

describe("a command on the host itself", () => {
  it("goes by ssh where the engine does, with what it reads on stdin", async () => {
    const there = (script: string) => `ssh -T -l deploy -p 22 -- vps.example.com 'sh -c '\\''${script}'\\'''`;
    expect(await shell("ssh://deploy@vps.example.com")).toEqual({
      create: there("sudo -n put shop"),
      update: there("sudo -n put shop"),
      delete: there("sudo -n drop shop"),
      stdin: { secret: "text" },
      environment: { DOCKER_HOST: "ssh://deploy@vps.example.com" },
      addPreviousOutputInEnv: false,
      logging: "none",
    });
  });

  it("runs here where the engine is this machine's own", async () => {
    expect(await shell("unix:///d.sock")).toMatchObject({ create: "sudo -n put shop", delete: "sudo -n drop shop" });
  });
});
