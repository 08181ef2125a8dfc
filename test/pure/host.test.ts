import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressAt, ownAddress, slotAddress } from "../../components/host/addresses.ts";
import { spellCpus } from "../../components/host/container.ts";
import { txtar } from "../../components/host/txtar.ts";
import { slotEnvironment } from "../../components/service/environment.ts";

describe("addresses", () => {
  it("count from the network's base, across the bytes", () => {
    expect(addressAt("10.213.0.0/16", 1)).toBe("10.213.0.1");
    expect(addressAt("10.213.0.0/16", 256 * 3 + 7)).toBe("10.213.3.7");
    expect(ownAddress("172.20.4.0/22", "postgres")).toBe("172.20.4.3");
  });

  it("give blue the first half of a service's block and green the second", () => {
    expect(slotAddress("10.213.0.0/16", 5, "blue", 1)).toBe("10.213.0.80");
    expect(slotAddress("10.213.0.0/16", 5, "green", 8)).toBe("10.213.0.95");
  });

  it("are never shared, whatever blocks, slots and replicas", () => {
    const place = fc.tuple(
      fc.integer({ min: 4, max: 4095 }),
      fc.constantFrom("blue" as const, "green" as const),
      fc.integer({ min: 1, max: 8 }),
    );
    fc.assert(
      fc.property(place, place, (one, other) => {
        fc.pre(one.join() !== other.join());
        expect(slotAddress("10.213.0.0/16", ...one)).not.toBe(slotAddress("10.213.0.0/16", ...other));
      }),
    );
  });

  it("outside the network are refused", () => {
    expect(() => addressAt("10.0.0.0/22", 1024)).toThrow("10.0.0.0/22 has no address 1024");
    expect(() => slotAddress("10.0.0.0/16", 4, "blue", 9)).toThrow("replica 9 is not in 1-8");
  });
});

describe("cores", () => {
  it.each([
    [1, "1.0"],
    [0.5, "0.5"],
    [0.25, "0.25"],
    [1.75, "1.75"],
    [10, "10."],
    [0.1, "0.1"],
  ])("%d are spelled %s, as the provider reads them back", (cpus, text) => {
    expect(spellCpus(cpus)).toBe(text);
  });
});

describe("txtar", () => {
  it("carries files in the order of their names, each ended by a newline", () => {
    expect(txtar({ "b.conf": "two\n", "a/x.json": "{}" })).toBe("-- a/x.json --\n{}\n-- b.conf --\ntwo\n");
    expect(txtar({ empty: "" })).toBe("-- empty --\n");
  });

  it("refuses a text that would break into two files", () => {
    expect(() => txtar({ "a.txt": "x\n-- b.txt --\ny" })).toThrow("file 'a.txt' has the line '-- b.txt --'");
  });

  it("lets a certificate through", () => {
    expect(txtar({ "tls.crt": "-----BEGIN CERTIFICATE-----\nx\n" })).toContain("-----BEGIN CERTIFICATE-----");
  });
});

describe("a slot's environment", () => {
  const args = {
    identity: { service: "api", slot: "blue", release: "v1" },
    port: 3000,
    drainSeconds: 10,
    stores: { postgres: { host: "10.9.0.3", port: 5432, passwordFile: "postgres-password", details: { DATABASE: "d", USER: "u" } } },
    hasFiles: false,
    env: { LOG_LEVEL: "info", SLUICE_SLOT: "forged" },
  };

  it("says who it is and where its stores are, and never a password", () => {
    expect(slotEnvironment(args)).toEqual({
      LOG_LEVEL: "info",
      POSTGRES_HOST: "10.9.0.3",
      POSTGRES_PORT: "5432",
      POSTGRES_PASSWORD_FILE: "/run/secrets/postgres-password",
      POSTGRES_DATABASE: "d",
      POSTGRES_USER: "u",
      SLUICE_SERVICE: "api",
      SLUICE_SLOT: "blue",
      SLUICE_RELEASE: "v1",
      SLUICE_DRAIN_SECONDS: "10",
      PORT: "3000",
    });
  });
});
