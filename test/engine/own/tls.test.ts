import { X509Certificate } from "node:crypto";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificate } from "../../support/certificate.ts";
import { drawPort } from "../../support/port.ts";
import { Project } from "../../support/project.ts";

describe("the edge with a certificate", () => {
  let project: Project;
  let tlsPort: number;
  let folder: string;
  beforeAll(async () => {
    project = await Project.make("tls");
    tlsPort = await drawPort();
    folder = join(project.root, "tls");
    await makeCertificate(folder, "first");
    await makeCertificate(folder, "second");
    await use("first", "first");
    await project.configure((config) => {
      Object.assign(config["sluice:edge"] as object, { tls: { certificate: "tls/site.pem", key: "tls/site.key", port: tlsPort } });
    });
    const started = await project.script("start");
    expect(started.exitCode, started.text).toBe(0);
    expect(started.text).toContain(`https://127.0.0.1:${tlsPort}`);
  });
  afterAll(async () => {
    const stopped = await project.remove();
    expect(stopped.exitCode, stopped.text).toBe(0);
    expect(await project.leftovers()).toEqual([]);
  });

  /** Put a certificate and a key where the settings say they are. */
  async function use(certificate: string, key: string): Promise<void> {
    await copyFile(join(folder, `${certificate}.pem`), join(folder, "site.pem"));
    await copyFile(join(folder, `${key}.key`), join(folder, "site.key"));
  }
  const fingerprint = async (name: string) => new X509Certificate(await readFile(join(folder, `${name}.pem`))).fingerprint256;

  it("answers over HTTPS, with HSTS and a cookie for HTTPS alone", async () => {
    const ca = await readFile(join(folder, "first.pem"), "utf8");
    const dispatcher = new Agent({ connect: { ca } });
    const answer = await request(`https://127.0.0.1:${tlsPort}/api/version`, { dispatcher });
    expect(await answer.body.json()).toEqual({ service: "api", slot: "blue", release: "v1" });
    expect(answer.headers).toMatchObject({ "strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff" });
    expect([answer.headers["set-cookie"]].flat().join()).toMatch(/^sluice_id=.*; HttpOnly; SameSite=Lax; Secure$/);
    await dispatcher.close();
    expect((await project.status()).edge.url).toBe(`https://127.0.0.1:${tlsPort}`);
  });

  it("sends plain HTTP to HTTPS, with method and query kept", async () => {
    const answer = await request(`${project.url}/api/orders?limit=3`, { method: "POST", body: "{}" });
    expect(answer.statusCode).toBe(308);
    expect(answer.headers.location).toBe(`https://127.0.0.1:${tlsPort}/api/orders?limit=3`);
    expect((await request(`${project.url}/healthz`)).statusCode, "for load balancers").toBe(200);
  });

  it("speaks TLS 1.2 and 1.3 and nothing older, and HTTP/2", async () => {
    expect(await handshake(tlsPort, { minVersion: "TLSv1.3" })).toMatchObject({ protocol: "TLSv1.3", alpn: "h2" });
    expect(await handshake(tlsPort, { maxVersion: "TLSv1.2" })).toMatchObject({ protocol: "TLSv1.2" });
    await expect(handshake(tlsPort, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" })).rejects.toThrow(
      /alert|version/i,
    );
  });

  it("refuses a key that does not fit, in words and before anything is applied", async () => {
    const before = await project.status();
    await use("second", "first");
    for (const run of [await project.pulumi("preview", "--stack", "dev"), await project.up()]) {
      expect(run.exitCode, run.text).not.toBe(0);
      expect(run.text).toContain("sluice:edge.tls");
      expect(run.text).toContain("tls/site.pem with tls/site.key");
      expect(run.text).toContain("a certificate and the private key it was made for");
      expect(run.text).not.toMatch(/^\s+at .*\.[tj]s:\d+/m);
      expect(run.text).not.toContain("PRIVATE KEY");
    }
    expect((await handshake(tlsPort)).fingerprint).toBe(await fingerprint("first"));
    expect(await project.status()).toEqual(before);
  });

  it("serves a renewed certificate after an up that changes no container", async () => {
    const before = await project.status();
    expect((await handshake(tlsPort)).fingerprint).toBe(await fingerprint("first"));
    await use("second", "second");
    const up = await project.up("--diff");
    expect(up.exitCode, up.text).toBe(0);
    expect(up.text).not.toContain("PRIVATE KEY");
    expect((await handshake(tlsPort)).fingerprint).toBe(await fingerprint("second"));
    expect(await project.status()).toEqual(before);
  });

  it("keeps the key readable by the edge alone", async () => {
    const edge = `${project.estate}-edge`;
    const listed = await project.docker.run([
      "exec",
      edge,
      "sh",
      "-c",
      "stat -L -c '%a %u' /config/tls/current /config/tls/current/tls.key",
    ]);
    const modes = listed.split("\n");
    expect(
      modes.every((line) => /^\d\d0 10001$/.test(line)),
      listed,
    ).toBe(true);
  });

  it("takes the certificate away again when the settings have none", async () => {
    await project.configure((config) => {
      delete (config["sluice:edge"] as Record<string, unknown>).tls;
    });
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(0);
    expect((await request(`${project.url}/api/version`)).statusCode).toBe(200);
    await expect(handshake(tlsPort)).rejects.toThrow("ECONNREFUSED");
  });
});

interface Handshake {
  readonly protocol: string | null;
  readonly alpn: string | false | null;
  readonly fingerprint: string;
}

function handshake(port: number, options: ConnectionOptions = {}): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["h2", "http/1.1"], ...options },
      () => {
        resolve({
          protocol: socket.getProtocol(),
          alpn: socket.alpnProtocol,
          fingerprint: socket.getPeerX509Certificate()?.fingerprint256 ?? "",
        });
        socket.destroy();
      },
    );
    socket.once("error", reject);
  });
}
