import { parse } from "dotenv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Found, FoundDeployment, FoundDomain } from "../../dokploy/answers.ts";
import { renderEnvironment } from "../../dokploy/environment.ts";
import { wantedOf } from "../../dokploy/order.ts";
import {
  describeStep,
  domainBody,
  estateOf,
  fingerprint,
  hashText,
  imageOf,
  marked,
  newest,
  plan,
  type Step,
  settingsOf,
  type Wanted,
} from "../../dokploy/plan.ts";
import type { ApplicationOrder, ApplicationSpec } from "../../dokploy/spec.ts";
import { withImage } from "../../dokploy/stack-file.ts";
import { failureWords, isOpen, passes } from "../../dokploy/words.ts";

const SPEC: ApplicationSpec = {
  ...{
    name: "api",
    image: "ghcr.io/example/api:2",
    port: 3000,
    replicas: 2,
    memoryMb: 256,
    cpus: 0.5,
    drainSeconds: 15,
    health: "/health",
  },
  domains: [{ host: "api.example.com", path: "/", port: 3000, https: true, certificate: "letsencrypt" }],
  ...{ deploy: "api", deploySeconds: 60 },
};
const WANTED: Wanted = { application: SPEC, estate: "shop", environment: "A=1\nB=planted" };

/** What Dokploy has when all is as it should be. */
function good(wanted: Wanted = WANTED): Found {
  const application = {
    ...{ applicationId: "a1", name: "api", applicationStatus: "done", sourceType: "docker", dockerImage: wanted.application.image },
    ...{ env: wanted.environment, refreshToken: "t0ken", mounts: [], replicas: 0, healthCheckSwarm: null, updateConfigSwarm: null },
    ...settingsOf(wanted, "By people"),
  };
  const description = hashText(fingerprint(wanted, application));
  const deployment = {
    deploymentId: "d1",
    title: `Sluice: ${wanted.application.image}`,
    description,
    status: "done",
    createdAt: "2026-11-01T00:00:00Z",
  };
  const domains = wanted.application.domains.map((one, index) => ({ domainId: `n${index}`, ...domainBody(one) }));
  return { application, domains, deployments: [deployment] };
}
const changed = (change: Partial<Found["application"]>): Found => ({ ...good(), application: { ...good().application, ...change } });
const deployed = (...more: Partial<FoundDeployment>[]): Found => {
  const { deployments, ...rest } = good();
  return { ...rest, deployments: [...more.map((one) => ({ ...(deployments[0] as FoundDeployment), ...one })), ...deployments] };
};
const words = (steps: readonly Step[]): string[] => steps.map(describeStep);

describe("the plan of an application", () => {
  it("is empty where Dokploy has it as it should be", () => {
    expect(plan(WANTED, good())).toEqual([]);
  });

  it("makes all of it where there is none", () => {
    expect(words(plan(WANTED, undefined))).toEqual([
      "make the application",
      "set the image to ghcr.io/example/api:2",
      "set the environment: changes A, B",
      "deploy: it was never deployed",
      "add https://api.example.com/ to port 3000",
    ]);
  });

  it.each<[string, Found, string[]]>([
    [
      "another image",
      changed({ dockerImage: "ghcr.io/example/api:1" }),
      ["set the image to ghcr.io/example/api:2 (it is ghcr.io/example/api:1)", "deploy: its image was changed"],
    ],
    ["another source", changed({ sourceType: "github" }), ["set the image to ghcr.io/example/api:2", "deploy: its image was changed"]],
    ["variables that nothing has run with", changed({ env: "A=2\nC=3" }), ["set the environment: changes A, B; takes out C"]],
    ["no variables", changed({ env: null }), ["set the environment: changes A, B"]],
    ["other limits", changed({ replicas: 1, memoryLimit: null }), ["set replicas, memory"]],
    ["another health check", changed({ healthCheckSwarm: { Test: ["NONE"] } }), ["set the health check"]],
    ["no mark", changed({ description: "By people" }), ["set the estate's mark"]],
    ["an application that somebody stopped", changed({ applicationStatus: "idle" }), ["deploy: it is idle"]],
    ["nothing of an application that Dokploy still calls running", changed({ applicationStatus: "running" }), []],
    ["no deployment", { ...good(), deployments: [] }, ["deploy: it was never deployed"]],
    [
      "a later deployment by somebody else",
      deployed({ deploymentId: "d2", description: "", createdAt: "2026-11-02T00:00:00Z" }),
      ["deploy: somebody else deployed it last"],
    ],
    ["an earlier deployment by somebody else", deployed({ deploymentId: "d0", description: "", createdAt: "2026-10-02T00:00:00Z" }), []],
    [
      "a later one of ours with other settings",
      deployed({ deploymentId: "d2", description: hashText("0".repeat(32)), createdAt: "2026-11-02T00:00:00Z" }),
      ["deploy: it was deployed with other settings"],
    ],
    ["a deployment that failed", deployed({ status: "error", createdAt: "2026-11-02T00:00:00Z" }), ["deploy: its last deployment failed"]],
    [
      "a deployment that a killed run asked for",
      deployed({ status: "running", createdAt: "2026-11-02T00:00:00Z" }),
      ["wait for the deployment that is under way"],
    ],
  ])("mends %s", (_what, found, expected) => {
    expect(words(plan(WANTED, found))).toEqual(expected);
  });

  it("switches webhooks on only where a webhook is to deploy, and that is no deployment", () => {
    const byWebhook: Wanted = { ...WANTED, application: { ...SPEC, deploy: "webhook" } };
    expect(words(plan(byWebhook, changed({ autoDeploy: false })))).toEqual(["set deployments by webhook"]);
    expect(plan(WANTED, changed({ autoDeploy: false }))).toEqual([]);
  });

  it("sets the registry's login, and leaves Dokploy's where the settings have none", () => {
    const withLogin: Wanted = { ...WANTED, registry: { server: "ghcr.io", user: "bot", password: "planted" } };
    expect(words(plan(withLogin, good(withLogin)))).toEqual(["set the image to ghcr.io/example/api:2", "deploy: its image was changed"]);
    const { application, ...rest } = good(withLogin);
    const signedIn = { ...rest, application: { ...application, registryUrl: "ghcr.io", username: "bot", password: "planted" } };
    expect(plan(withLogin, signedIn)).toEqual([]);
    expect(plan(WANTED, changed({ registryUrl: "ghcr.io", username: "theirs", password: "theirs" }))).toEqual([]);
  });

  const [own] = good().domains as [FoundDomain];
  it.each<[string, FoundDomain[], string[]]>([
    ["a missing one", [], ["add https://api.example.com/ to port 3000"]],
    ["one that somebody added", [own, { ...own, domainId: "x", host: "x.example.com" }], ["remove https://x.example.com/"]],
    ["one that is there twice", [own, { ...own, domainId: "x" }], ["remove https://api.example.com/"]],
    ["another port", [{ ...own, port: 1 }], ["set https://api.example.com/ to port 3000, certificate letsencrypt"]],
    ["no HTTPS", [{ ...own, https: false }], ["set https://api.example.com/ to port 3000, certificate letsencrypt"]],
    ["another certificate", [{ ...own, certificateType: "none" }], ["set https://api.example.com/ to port 3000, certificate letsencrypt"]],
    ["one that is switched off", [{ ...own, enabled: false }], ["set https://api.example.com/ to port 3000, certificate letsencrypt"]],
    ["one without a path, which is all of the host", [{ ...own, path: null }], []],
  ])("puts domains right: %s", (_what, domains, expected) => {
    expect(words(plan(WANTED, { ...good(), domains }))).toEqual(expected);
  });

  it("knows what was deployed by all that a container is made of, and by nothing else", () => {
    const { application } = good();
    const hash = (wanted: Wanted, token = "t0ken") => fingerprint(wanted, { ...application, refreshToken: token });
    const of = (change: Partial<ApplicationSpec>) => hash({ ...WANTED, application: { ...SPEC, ...change } });
    for (const change of [{ image: "x:1" }, { replicas: 3 }, { memoryMb: 1 }, { cpus: 1 }, { drainSeconds: 1 }, { health: "/" }])
      expect(of(change)).not.toBe(hash(WANTED));
    expect(hash({ ...WANTED, environment: "A=2" })).not.toBe(hash(WANTED));
    expect(hash(WANTED, "another"), "nobody can guess a variable by it who has not the token").not.toBe(hash(WANTED));
    for (const change of [{ domains: [] }, { deploy: "webhook" as const }, { deploySeconds: 9 }]) expect(of(change)).toBe(hash(WANTED));
  });

  it("reads a deployment's image from either way's title, and only from ours", () => {
    const of = (title: string, description = hashText("a".repeat(32))) =>
      imageOf({ deploymentId: "d", title, description, status: "done", createdAt: "" });
    expect(of("Sluice: ghcr.io/e/a@sha256:12")).toBe("ghcr.io/e/a@sha256:12");
    expect(of("Docker GHCR image pushed: ghcr.io/e/a:1")).toBe("ghcr.io/e/a:1");
    expect([of("Sluice: ghcr.io/e/a:1", ""), of("NEW CHANGES")]).toEqual([undefined, undefined]);
    expect(newest([])).toBeUndefined();
  });

  it("marks what it has, and keeps what people wrote", () => {
    expect(marked("", "shop")).toBe("[sluice:shop]");
    expect(marked("By people", "shop")).toBe("By people [sluice:shop]");
    expect(marked(marked("By people", "old"), "shop")).toBe("By people [sluice:shop]");
    expect([estateOf({ description: marked("x", "shop") }), estateOf({ description: "x" }), estateOf({ description: null })]).toEqual([
      "shop",
      undefined,
      undefined,
    ]);
  });

  it("converges: after its steps, nothing is left, whatever was there; and no value of a variable is told", () => {
    const text = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/);
    const found = fc.record({
      image: fc.oneof(fc.constantFrom("ghcr.io/example/api:2", "other:1")),
      env: fc.dictionary(
        fc.constantFrom("A", "B", "C", "D"),
        text.map((one) => `v4lue-${one}`),
      ),
      status: fc.constantFrom("idle", "running", "done", "error"),
      deployment: fc.constantFrom("none", "ours", "theirs", "old"),
      outcome: fc.constantFrom("running", "done", "error"),
      port: fc.constantFrom(3000, 80),
      hosts: fc.constantFrom(["api.example.com"], [], ["x.example.com"], ["api.example.com", "api.example.com"]),
    });
    fc.assert(
      fc.property(found, ({ image, env, status, deployment, outcome, port, hosts }) => {
        const rendered = renderEnvironment(env);
        if (!("text" in rendered)) return;
        const base = good();
        const [domain] = base.domains as [FoundDomain];
        const [ours] = base.deployments as [FoundDeployment];
        const start: Found = {
          application: { ...base.application, dockerImage: image, env: rendered.text, applicationStatus: status },
          domains: hosts.map((host, index) => ({ ...domain, host, port, domainId: `n${index}` })),
          deployments:
            deployment === "none"
              ? []
              : [
                  {
                    ...ours,
                    status: outcome,
                    description: { ours: ours.description, theirs: "", old: hashText("0".repeat(32)) }[deployment] ?? "",
                  },
                ],
        };
        const steps = plan(WANTED, start);
        expect(words(steps).join("\n")).not.toContain("v4lue");
        expect(plan(WANTED, after(start, steps))).toEqual([]);
      }),
    );
  });
});

/** What Dokploy has when the steps are done. */
function after(found: Found, steps: readonly Step[]): Found {
  let { application, domains, deployments } = found;
  for (const step of steps) {
    if (step.do === "image") application = { ...application, dockerImage: step.to, applicationStatus: "idle", sourceType: "docker" };
    if (step.do === "environment") application = { ...application, env: WANTED.environment };
    if (step.do === "settings") application = { ...application, ...step.changes };
    if (step.do === "deploy" || step.do === "wait") {
      application = { ...application, applicationStatus: "done" };
      const description = hashText(fingerprint(WANTED, application));
      deployments = [{ deploymentId: "n", title: "", description, status: "done", createdAt: "2027-01-01T00:00:00Z" }];
    }
    if (step.do === "add domain") domains = [...domains, { domainId: "new", ...domainBody(step.domain) }];
    if (step.do === "change domain")
      domains = domains.map((one) => (one.domainId === step.domainId ? { ...one, ...domainBody(step.domain), enabled: true } : one));
    if (step.do === "remove domain") domains = domains.filter((one) => one.domainId !== step.domainId);
  }
  return { application, domains, deployments };
}

describe("variables as Dokploy keeps them", () => {
  it("are read as they were meant by the library that Dokploy reads them with, or refused by name", () => {
    const awkward = fc.string({ unit: fc.constantFrom("a", "'", '"', "`", "\\", "n", "r", "#", " ", "\n", "\r", "$", "{", "=", "ü") });
    let kept = 0;
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,5}$/), fc.oneof(awkward, fc.string())), (env) => {
        const rendered = renderEnvironment(env);
        if ("text" in rendered) {
          kept += 1;
          expect(parse(rendered.text)).toEqual(env);
        } else for (const name of rendered.impossible) expect(env[name]).toMatch(/['"`\\\r]/);
      }),
      { numRuns: 3000 },
    );
    expect(kept, "most are kept").toBeGreaterThan(1000);
  });

  it.each([
    "",
    "info",
    "it's #1",
    ' "quoted" ',
    "two\nlines",
    "back\\slash",
    "a=b",
    "p@ss`w'ord",
    // Put together here: the secret scanner is a gate.
    ["postgres:", "//u:p%40@h/db?x=1#y"].join(""),
    "windows\r\nlines",
  ])("hold %j", (value) => {
    const rendered = renderEnvironment({ A: value, B: "next" });
    expect("text" in rendered && parse(rendered.text)).toEqual({ A: value, B: "next" });
  });

  it("are refused all at once, without their values", () => {
    const order = {
      application: SPEC,
      estate: "shop",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how Dokploy writes references.
      env: { A: `'"\`#pl4nted`, B: "x${{y}}pl4nted", C: "${{project.C}}" },
      hidden: ["A", "B"],
    };
    const refused = () => wantedOf(order as unknown as ApplicationOrder);
    expect(refused).toThrow(/A: the value has quotes[\s\S]*B: the secret has \$\{\{/);
    expect(refused).not.toThrow(/pl4nted/);
    expect(refused).not.toThrow(/C:/);
  });
});

describe("a failure in words", () => {
  const asked = { endpoint: "application.one", url: "https://dokploy.example.com" };
  const webhook = { ...asked, endpoint: "webhook" };

  it.each<[number, RegExp]>([
    [400, /does not take what was sent/],
    [401, /does not take the API key[\s\S]*keySecret/],
    [403, /may not do it/],
    [404, /It is not there/],
    [409, /one of this name already[\s\S]*Run this again/],
    [418, /does not know this answer/],
    [429, /wait a minute/],
    [500, /Dokploy itself failed/],
    [502, /Dokploy itself failed/],
    [503, /Dokploy itself failed/],
    [504, /Dokploy itself failed/],
  ])("says what %i of the API means, and what to do", (status, means) => {
    const said = failureWords(asked, { status, said: "so it is" });
    expect(said).toMatch(means);
    expect(said).toContain(`Dokploy at https://dokploy.example.com says ${status} to application.one: so it is`);
  });

  it.each<[number, RegExp]>([
    [301, /another image than the one to be deployed/],
    [400, /switched off[\s\S]*deploy: api/],
    [401, /asks for a login/],
    [403, /does not let the request pass/],
    [404, /not valid any more/],
    [409, /under way/],
    [429, /wait a minute/],
    [500, /Dokploy itself failed/],
  ])("says what %i of a webhook means, and what to do", (status, means) => {
    expect(failureWords(webhook, { status, said: "" })).toMatch(means);
  });

  it("says where an API is that has moved, silence, no connection, and what is no answer", () => {
    expect(failureWords(asked, { status: 308, said: "", location: "https://new.example.com" })).toContain(
      "https://new.example.com. The API key is not sent on",
    );
    expect(failureWords(asked, { seconds: 30 })).toMatch(/no answer to application\.one within 30 s\. Run this again/);
    expect(failureWords(asked, { unreachable: "connect ECONNREFUSED" })).toMatch(/cannot be reached: connect ECONNREFUSED/);
    expect(failureWords(asked, { strange: "no JSON, but <html>" })).toMatch(/something unexpected: no JSON/);
  });

  it("is tried again, or may have had its effect, exactly where that can be", () => {
    expect([{ seconds: 1 }, { unreachable: "" }, { status: 500, said: "" }, { status: 429, said: "" }].map(passes)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([{ status: 401, said: "" }, { status: 404, said: "" }, { strange: "" }].map(passes)).toEqual([false, false, false]);
    expect([{ seconds: 1 }, { unreachable: "" }, { status: 502, said: "" }, { strange: "" }].map(isOpen)).toEqual([true, true, true, true]);
    expect(
      [
        { status: 429, said: "" },
        { status: 409, said: "" },
      ].map(isOpen),
    ).toEqual([false, false]);
  });
});

describe("a stack file", () => {
  const FILE = "config:\n  # ours\n  sluice:dokploy:\n    applications:\n      api: { image: a:1, replicas: 2 } # two\n";
  it("gets another image, and keeps everything else", () => {
    expect(withImage(FILE, "api", "a:2")).toBe(FILE.replace("a:1", "a:2"));
    expect(withImage(FILE, "api", "a:1")).toBe(FILE);
    expect(() => withImage(FILE, "web", "a:2")).toThrow(/no application 'web'/);
  });
});
