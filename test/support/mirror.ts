import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json, Project } from "./project.ts";

/** A service that answers with what it was asked: what a program behind the edge really sees. */
const SERVER = `import { createServer } from "node:http";
createServer((request, response) => {
  const own = request.url === "/own" ? { "x-frame-options": "DENY", "set-cookie": "own=1" } : {};
  response.writeHead(200, { "content-type": "application/json", ...own });
  response.end(JSON.stringify({ url: request.url, headers: request.headers }));
}).listen(Number(process.env.PORT));
process.on("SIGTERM", () => process.exit(0));
`;

/** Add the service `mirror` at /mirror to a project's settings; it has one slot. */
export async function addMirror(project: Project): Promise<void> {
  const folder = join(project.root, "images", "mirror");
  await cp(join(project.root, "images", "web"), folder, { recursive: true });
  await writeFile(join(folder, "app", "server.mjs"), SERVER);
  await project.configure((config) => {
    const services = config["sluice:services"] as Record<string, Json>;
    services.mirror = { route: "/mirror", port: 3000, blue: { build: "images/mirror", release: "m1" } };
  });
}
