import { createServer, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Guard } from "./guard.ts";
import type { GuardMetrics } from "./metrics.ts";

/** Answers questions, changes nothing: whoever is on the estate's network may ask. */
export function serve(guard: Guard, metrics: GuardMetrics): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://guard");
    const [, what = "", name = ""] = url.pathname.split("/");
    const now = Date.now();
    const number = (key: string) => Number(url.searchParams.get(key) ?? Number.NaN);
    if (request.method !== "GET") return answer(response, 405, { error: "only questions are answered" });
    switch (what) {
      case "healthz":
        return answer(response, guard.until > now ? 200 : 503, { until: guard.until });
      case "metrics":
        return void metrics.render().then((text) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4" }).end(text));
      case "status":
        return found(response, guard.status(name, now), name);
      case "decisions":
        return answer(response, 200, guard.decisions(url.searchParams.get("service") ?? undefined));
      case "window": {
        const [from, until] = [number("from"), number("until")];
        if (!(from >= 0 && until > from))
          return answer(response, 400, { error: "from and until are needed, in milliseconds since 1970, until after from" });
        return void heard(guard, until).then(() => found(response, guard.window(name, from, until, Date.now()), name));
      }
      default:
        return answer(response, 404, { error: "there are healthz, metrics, status/SERVICE, window/SERVICE, decisions" });
    }
  });
}

/** The last lines of a window that ends now are still on their way. Whoever asks for the future is answered all the same, soon. */
async function heard(guard: Guard, until: number): Promise<void> {
  for (let waited = 0; waited < 1000 && !guard.hasHeard(until); waited += 50) await sleep(50);
}

function found(response: ServerResponse, value: unknown, name: string): void {
  if (value === undefined) answer(response, 404, { error: `no service '${name}' is watched` });
  else answer(response, 200, value);
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(value)}\n`);
}
