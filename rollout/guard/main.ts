// The guard of an estate: a container of its own, without the Docker socket. It reads what the edge writes down, and its only power is
// to give a canary's clients back. images/guard runs it, components/guard makes it.
import { alertOf, tell } from "./alert.ts";
import { GuardConfig } from "./config.ts";
import { Disk } from "./disk.ts";
import { folders, Guard } from "./guard.ts";
import { GuardMetrics } from "./metrics.ts";
import { rehearse } from "./rehearse.ts";
import { serve } from "./server.ts";

const TICK_MS = 250;
const PORT = 9700;

const say = (message: string, more: object = {}): void => console.log(JSON.stringify({ time: new Date().toISOString(), message, ...more }));

if (!rehearse()) say("the rehearsal failed: the first decision will be slower than it could be");
const config = GuardConfig.parse(JSON.parse(process.env.SLUICE_GUARD ?? "{}"));
const { control, log, state } = folders(process.env);
const guard: Guard = new Guard(config, { control, log, disk: new Disk(state) }, (decision) => {
  say("taken back", { decision });
  metrics.count(decision);
  void tell(config.alertmanager, alertOf(decision, config.estate), say);
});
const metrics = new GuardMetrics(guard);
const server = serve(guard, metrics).listen(PORT, "0.0.0.0");

let blind: string | null = null;
const timer = setInterval(() => {
  guard.tick(Date.now(), performance.now());
  const now = config.services[0] && (guard.status(config.services[0].name, Date.now())?.blind ?? null);
  if (now !== undefined && now !== blind) say(now === null ? "watching" : "blind", { why: now });
  blind = now ?? null;
}, TICK_MS);
say("started", { services: guard.services });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    clearInterval(timer);
    server.close();
    say("stopped");
    process.exit(0);
  });
}
