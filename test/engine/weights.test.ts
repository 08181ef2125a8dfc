import { beforeAll, describe, expect, it } from "vitest";
import { chiSquare, splitOf } from "../support/clients.ts";
import { Load } from "../support/load.ts";
import { changes, Project } from "../support/project.ts";

const CLIENTS = 20_000;
/** 99.9 % quantile of chi-square with one degree of freedom: one in a thousand honest splits is further off. */
const CRITICAL = 10.83;

describe("moving canary traffic", () => {
  let project: Project;
  beforeAll(() => {
    project = Project.shared();
  });

  it("changes exactly one resource and no container", async () => {
    const before = await project.status();
    const moved = await project.weigh("api", 50);
    expect(moved.exitCode, moved.text).toBe(0);
    expect(changes(moved.text)).toEqual({ updated: 1, unchanged: expect.any(Number) });

    const after = await project.status();
    const containers = (status: typeof after) =>
      [...status.stores, ...status.services.flatMap((service) => service.slots)].map((one) => one.containers);
    expect(containers(after)).toEqual(containers(before));
    expect(after.services.find(({ name }) => name === "api")?.canaryWeight).toBe(50);
  });

  it.each([1, 10, 50, 90, 99])(`sends %i percent of ${CLIENTS} distinct clients to the canary`, async (weight) => {
    await setShare(project, weight);
    const split = await splitOf(`${project.url}/api/echo`, CLIENTS);
    expect(split.failed).toBe(0);
    const statistic = chiSquare(split.green, CLIENTS, weight / 100);
    console.log(`weight ${weight}: ${split.green} of ${CLIENTS} clients on green, chi-square ${statistic.toFixed(2)}`);
    expect(statistic).toBeLessThan(CRITICAL);
  });

  it.each([
    [0, 0],
    [100, CLIENTS],
  ])("sends exactly nobody or everybody at weight %i", async (weight, expected) => {
    await setShare(project, weight);
    expect(await splitOf(`${project.url}/api/echo`, CLIENTS)).toMatchObject({ green: expected, failed: 0 });
  });

  it("keeps each client in its slot until the weight passes its bucket, with and without the cookie", async () => {
    const clients = Array.from({ length: 50 }, (_, index) => `sticky-${index}`);
    const cookies = new Map<string, string>();
    const ask = async (client: string, withCookie: boolean) => {
      const cookie = withCookie ? cookies.get(client) : undefined;
      // With its cookie a client is known whatever its address and user agent say.
      const response = await fetch(`${project.url}/api/echo`, {
        headers: cookie ? { cookie, "user-agent": "another" } : { "user-agent": client },
      });
      const given = response.headers.get("set-cookie");
      if (given) cookies.set(client, given.split(";")[0] ?? "");
      await response.text();
      return response.headers.get("x-sluice-slot");
    };
    const onGreen = new Set<string>();
    for (const weight of [0, 5, 20, 40, 60, 80, 100]) {
      await setShare(project, weight);
      for (const client of clients) {
        const slot = await ask(client, false);
        expect(await ask(client, true), `${client} at ${weight}`).toBe(slot);
        // A client that was on green stays there while the weight rises.
        if (onGreen.has(client)) expect(slot, `${client} at ${weight}`).toBe("green");
        if (slot === "green") onGreen.add(client);
      }
    }
    expect(onGreen.size).toBe(clients.length);
  });

  it("loses no POST over 40 changes under 32 keep-alive connections", async () => {
    const load = new Load({
      origin: project.url,
      path: "/api/echo",
      method: "POST",
      connections: 32,
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    for (let change = 0; change < 40; change++) {
      // To the edge all of this is one client: only from 0 to 100 does it move wherever its bucket is.
      await setShare(project, change % 2 === 0 ? 100 : 0);
      await load.reach((change + 1) * 500);
    }
    const result = await load.stop();
    console.log(`40 weight changes: ${result.failed} failed of ${result.requests} POSTs`, result.errors, result.slots);
    expect(result.failed).toBe(0);
    expect(Object.keys(result.slots).sort()).toEqual(["blue", "green"]);
  });

  it("lets a tester choose the slot by a header", async () => {
    await setShare(project, 0);
    const slot = async (wanted: string) => (await fetch(`${project.url}/api/version`, { headers: { "x-sluice-slot": wanted } })).json();
    expect(await slot("green")).toEqual({ service: "api", slot: "green", release: "v2" });
    expect(await slot("violet")).toEqual({ service: "api", slot: "blue", release: "v1" });
  });
});

/** The same command that `up` runs, without the engine around it: for tests of what the edge does with a share. */
async function setShare(project: Project, green: number): Promise<void> {
  await project.docker.run(["exec", "-i", `${project.estate}-edge`, "set-share", "api"], `blue ${green}`);
}
