import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changes, type Json, type Outcome, Project } from "../support/project.ts";
import { RoleImages } from "../support/vps/images.ts";
import { Vps } from "../support/vps/vps.ts";

/** Roles of images, and on which of the two machines they are used. */
const ON_MAIN = ["edge", "web", "postgres", "redis", "exporters", "guard"] as const;
const ON_EAST = ["edge", "api", "prometheus", "alertmanager", "exporters"] as const;

/** Two machines, from bare to gone, in the order of these tests: `main` with the edge and the database, `east` with a service and monitoring. */
describe("an estate on two machines", () => {
  let main: Vps;
  let east: Vps;
  let project: Project;
  let images: RoleImages;
  let stopAgent: (() => void) | undefined;

  beforeAll(async () => {
    main = await Vps.start("main");
    east = await Vps.start("east");
    project = await Project.make("hosts", "10.228.0.0/20");
    images = new RoleImages(project.docker, "t-hosts");
    const agent = await main.agent();
    stopAgent = agent.stop;
    Object.assign(project.env, agent.env);
    await execa("ssh-add", ["-q", east.identity], { env: agent.env });
    const link = async (vps: Vps) => ({ docker: vps.url(), hostKeys: [await vps.hostKey()], linkAddress: await vps.address() });
    const [first, second] = [await link(main), await link(east)];
    await project.configure((config) => {
      const image = (role: string) => ({ image: images.name(role) });
      config["sluice:host"] = { ...first, subnet: project.subnet };
      config["sluice:hosts"] = { east: { ...second, subnet: "10.228.16.0/20" } };
      config["sluice:edge"] = { ...image("edge"), bind: "0.0.0.0", public: true, port: 80 };
      config["sluice:postgres"] = image("postgres");
      config["sluice:redis"] = image("redis");
      config["sluice:monitoring"] = {
        ...{ host: "east", port: project.monitoringPort, scrapeSeconds: 2 },
        ...{ prometheus: image("prometheus"), alertmanager: image("alertmanager"), exporters: image("exporters") },
      };
      config["sluice:rollout"] = { guard: image("guard") };
      const slots = (role: string) => ({ blue: { ...image(role), release: "v1" }, green: { ...image(role), release: "v2" } });
      config["sluice:services"] = {
        web: { route: "/", port: 3000, health: "/health", ...slots("web") },
        api: { host: "east", route: "/api", port: 3000, health: "/health", uses: ["postgres", "redis"], ...slots("api") },
      };
    });
  });
  afterAll(async () => {
    stopAgent?.();
    await Promise.all([main?.remove(), east?.remove()]);
    await project?.forget();
  });

  const good = (outcome: Outcome): Outcome => {
    expect(outcome.exitCode, outcome.text).toBe(0);
    return outcome;
  };
  const host = (...words: string[]) => project.script("host", ...words, "--stack", "dev");
  /** Slots, or statuses other than 200, that clients of a path have met. */
  const met = async (path: string, clients: number): Promise<Record<string, number>> => {
    const seen: Record<string, number> = {};
    for (let client = 0; client < clients; client += 1) {
      const answer = await fetch(`http://127.0.0.1:${main.httpPort}${path}`, { headers: { "user-agent": `client-${client}` } });
      const what = answer.ok ? (answer.headers.get("x-sluice-slot") ?? "none") : `${answer.status}`;
      seen[what] = (seen[what] ?? 0) + 1;
    }
    return seen;
  };
  const running = async (vps: Vps): Promise<string[]> =>
    (await vps.run(`docker ps --format '{{.Names}}' --filter label=dev.sluice.estate=${project.estate}`)).split("\n").sort();
  /** What Prometheus answers, asked from main through the edge's page. */
  const asked = async (path: string): Promise<unknown> => {
    const url = `http://127.0.0.1:${project.monitoringPort}/prometheus/api/v1/${path}`;
    return JSON.parse(
      await main.run(`wget -qO- '${url}' || docker exec ${project.estate}-edge curl -sS 'http://127.0.0.1:8082/prometheus/api/v1/${path}'`),
    );
  };
  const setServices = (change: (services: { [name: string]: { [key: string]: Json } }) => void) =>
    project.configure((config) => change(config["sluice:services"] as { [name: string]: { [key: string]: Json } }));

  it("is prepared machine by machine, and not deployed to machines that do not reach each other", async () => {
    const prepared = await Promise.all([host("prepare", "--yes", "--at", "main"), host("prepare", "--yes", "--at", "east")]);
    prepared.map(good);
    await images.load(main, ON_MAIN);
    await images.load(east, ON_EAST);
    good(await project.pulumi("stack", "select", "--create", "dev"));
    const up = await project.up();
    expect(up.exitCode, up.text).toBe(1);
    expect(up.text).toContain(`${main.url()}: it does not reach the network of east. What to do: npm run host -- link --stack dev`);
    expect(up.text).toContain(`${east.url()}: it does not reach the network of main.`);
    expect(await running(main)).toEqual([""]);
  });

  it("is linked, is then as it should be, and a second run changes nothing", async () => {
    const before = await host("link", "--check");
    expect([before.exitCode, before.text]).toEqual([1, expect.stringContaining("wireguard-tools is not installed")]);
    const linked = good(await host("link", "--yes"));
    console.log(`host link, from nothing: ${linked.seconds.toFixed(0)} s`);
    good(await host("link", "--check"));
    for (const vps of [main, east]) await vps.run("touch /tmp/before");
    good(await host("link", "--yes"));
    for (const vps of [main, east]) expect(await vps.run("find /etc -newer /tmp/before -type f")).toBe("");
    const checked = good(await host("check", "--json"));
    expect(Object.keys(JSON.parse(checked.stdout) as object)).toEqual(["main", "east"]);
    // The private half of a key is on its own machine alone.
    const [one, other] = await Promise.all([main, east].map((vps) => vps.run("cat /etc/wireguard/*.key")));
    expect(one).not.toBe(other);
    expect(await east.run("grep -r . /etc/wireguard")).not.toContain(one);
  });

  it("runs what the settings place where they place it, and clients are served across machines", async () => {
    const up = good(await project.up());
    console.log(`up on two machines: ${up.seconds.toFixed(1)} s`);
    const name = (one: string) => `${project.estate}-${one}`;
    expect(await running(main)).toEqual(
      [
        "edge",
        "edge-metrics",
        "guard",
        "node-metrics",
        "postgres",
        "postgres-metrics",
        "redis",
        "redis-metrics",
        "web-blue-1",
        "web-green-1",
      ].map(name),
    );
    expect(await running(east)).toEqual(
      ["alertmanager", "api-blue-1", "api-green-1", "east-node-metrics", "probes", "prometheus"].map(name).sort(),
    );
    expect(await met("/", 20)).toEqual({ blue: 20 });
    // The api's health asks the database, on the other machine.
    expect(await met("/api/health", 20)).toEqual({ blue: 20 });
    const status = await project.status();
    expect(status.services.map(({ name, slots }) => [name, slots.map((slot) => slot.host)])).toEqual([
      ["api", ["east", "east"]],
      ["web", ["main", "main"]],
    ]);
    const again = good(await project.up());
    expect(changes(again.text)).toEqual({ unchanged: expect.any(Number) });
  });

  it("is measured whole: every target answers, and each machine's numbers say whose they are", async () => {
    await expect
      .poll(
        async () => {
          const { data } = (await asked("targets?state=active")) as { data: { activeTargets: { scrapeUrl: string; health: string }[] } };
          return data.activeTargets.filter(({ health }) => health !== "up").map(({ scrapeUrl }) => scrapeUrl);
        },
        { timeout: 60_000, interval: 2000 },
      )
      .toEqual([]);
    const { data } = (await asked("query?query=count%20by%20(host)%20(node_uname_info)")) as {
      data: { result: { metric: { host: string }; value: [number, string] }[] };
    };
    expect(data.result.map(({ metric, value }) => [metric.host, value[1]]).sort()).toEqual([
      ["east", "1"],
      ["main", "1"],
    ]);
  });

  it("moves a weight by one resource, and takes it back by hand over ssh", async () => {
    const moved = good(await project.weigh("api", 100));
    expect(changes(moved.text)).toMatchObject({ updated: 1 });
    expect(await met("/api/health", 20)).toEqual({ green: 20 });
    const back = good(await project.script("rollout", "rollback", "api"));
    console.log(`rollback by hand over ssh, with the configuration mended: ${back.seconds.toFixed(1)} s`);
    expect(await met("/api/health", 20)).toEqual({ blue: 20 });
    const [service] = (await project.status()).services;
    expect(service).toMatchObject({ name: "api", active: "blue", canaryWeight: 0, frozen: true });
    good(await project.script("rollout", "acknowledge", service?.decision ?? "none"));
    expect((await project.status()).services[0]).toMatchObject({ frozen: false });
  });

  it("serves on what is at hand while the link is down, says so before it deploys, and works again when it is mended", async () => {
    const unit = (await east.run("systemctl list-units --plain --no-legend 'wg-quick@*' | cut -d' ' -f1")).trim();
    await east.run(`systemctl stop ${unit}`);
    expect(await met("/", 20)).toEqual({ blue: 20 });
    const up = await project.up();
    expect([up.exitCode, up.text]).toEqual([1, expect.stringContaining("it does not reach the network of")]);
    expect(await host("link", "--check")).toMatchObject({ exitCode: 1 });
    good(await host("link", "--yes"));
    await expect.poll(() => met("/api/health", 5), { timeout: 30_000 }).toEqual({ blue: 5 });
  });

  it("moves a service from one machine to the other", async () => {
    await images.load(main, ["api"]);
    await setServices(({ api }) => {
      if (api) delete api.host;
    });
    good(await project.up());
    expect(await running(main)).toContain(`${project.estate}-api-blue-1`);
    expect(await running(east)).not.toContain(`${project.estate}-api-blue-1`);
    expect(await met("/api/health", 20)).toEqual({ blue: 20 });
  });

  it("is left with nothing of the estate on either machine after destroy, and without a link", async () => {
    good(await project.pulumi("destroy", "--yes", "--skip-preview", "--stack", "dev"));
    const left = "docker ps -aq; docker network ls -q --filter label=dev.sluice.estate";
    for (const vps of [main, east]) expect(await vps.run(left)).toBe("");
    good(await host("link", "--remove", "--yes"));
    for (const vps of [main, east]) expect(await vps.run("ls /etc/wireguard; ip -o link | grep slc- || true")).toBe("");
    good(await host("check"));
  });
});
