import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onHostShell, shellWord, sshAddress } from "../../components/host/ssh.ts";

describe("an address of an engine", () => {
  it.each([
    ["ssh://deploy@vps.example.com", { user: "deploy", host: "vps.example.com", port: 22 }],
    ["ssh://root@10.0.0.7:2222", { user: "root", host: "10.0.0.7", port: 2222 }],
    ["ssh://deploy@[2001:db8::7]:22", { user: "deploy", host: "2001:db8::7", port: 22 }],
  ])("%s is taken apart", (text, parts) => {
    expect(sshAddress(text)).toEqual(parts);
  });

  it.each(["unix:///var/run/docker.sock", "tcp://10.0.0.1:2375", "ssh://vps.example.com", ""])("'%s' is not reached by ssh", (text) => {
    expect(sshAddress(text)).toBeUndefined();
  });
});

describe("a script for the host", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "host-ssh-"));
    // Stands for the way there: sshd hands the command to the account's shell, as one text.
    writeFileSync(join(folder, "ssh"), `#!/bin/sh\nfor last; do :; done\necho "$@" > '${folder}/words'\nexec sh -c "$last"\n`);
    chmodSync(join(folder, "ssh"), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (text: string, input = "") =>
    execFileSync("/bin/sh", ["-c", text], { input, encoding: "utf8", env: { PATH: `${folder}:/usr/bin:/bin` } });

  it("runs here where the engine is this machine's own", () => {
    expect(onHostShell("unix:///var/run/docker.sock", "echo $((1+1))")).toBe("echo $((1+1))");
  });

  it("goes by ssh to the right place, and nothing of this machine goes into the text", () => {
    const text = onHostShell("ssh://deploy@vps.example.com:2222", "id -un");
    expect(text).toBe(`ssh -T -l deploy -p 2222 -- vps.example.com ${shellWord("sh -c 'id -un'")}`);
    run(text);
    expect(readFileSync(join(folder, "words"), "utf8")).toMatch(/^-T -l deploy -p 2222 -- vps\.example\.com sh -c /);
  });

  it("arrives as it was written, whatever is in it, and reads what the command reads", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii" }), (words) => {
        const text = onHostShell("ssh://deploy@vps", `printf '%s|' ${shellWord(words)}; cat`);
        expect(run(text, "from stdin")).toBe(`${words}|from stdin`);
      }),
      { numRuns: 30 },
    );
  });
});
