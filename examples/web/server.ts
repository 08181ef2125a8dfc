import { readFileSync } from "node:fs";
import { commonSettings, readConfig } from "../support/config.ts";
import { createService, runMain } from "../support/service.ts";
import { contentPolicy, renderPage } from "./page.ts";

/** These two lie beside this file in the sources and beside the bundle in the image. */
const beside = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");

/** One page; its browser talks to the API through the edge. */
await runMain(async () => {
  const service = createService({ config: readConfig(commonSettings, process.env) });
  const parts = { style: beside("style.css"), script: beside("browser.js") };
  const page = renderPage({ identity: service.identity, ...parts });
  const policy = contentPolicy(parts);

  service.server.get("/", async (_request, reply) =>
    reply.type("text/html; charset=utf-8").header("content-security-policy", policy).header("cache-control", "no-store").send(page),
  );
  await service.start();
});
