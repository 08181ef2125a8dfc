import Table from "cli-table3";
import colors from "picocolors";
import { otherSlot } from "../components/edge/share.ts";
import type { ClusterStatus, EstateStatus, ServiceStatus, SlotStatus } from "./status.ts";

const colourOfHealth = (health: string): string =>
  health === "healthy" ? colors.green(health) : health === "starting" ? colors.yellow(health) : colors.red(health);

/** Share of a service's clients that a slot gets, in words. */
function shareOf(service: ServiceStatus, slot: string): string {
  if (service.active === null || service.canaryWeight === null) return "no route";
  return slot === service.active ? `${100 - service.canaryWeight} %` : `${service.canaryWeight} %`;
}

function describeSlot(service: ServiceStatus, slot: SlotStatus): string[] {
  const role = slot.name === service.active ? "active" : (service.canaryWeight ?? 0) > 0 ? "canary" : "standby";
  const replicas = slot.containers.length > 1 ? ` (${slot.containers.length})` : "";
  return [
    service.name,
    service.route ?? "",
    slot.name,
    service.active === null ? "" : role,
    shareOf(service, slot.name),
    slot.release,
    colourOfHealth(slot.health) + replicas,
  ];
}

const guardLine = (health: string): string =>
  `  guard (${colourOfHealth(health)})${health === "healthy" ? "" : colors.red(": canaries are not watched, and no rollout goes on")}`;

const frozenLine = ({ name, decision }: ServiceStatus): string =>
  colors.red(
    `${name} is frozen by a rollback${decision === null ? "" : `; when you know why: npm run rollout -- acknowledge ${decision}`}`,
  );

/** A running estate as a table for people. */
export function renderStatus(estate: string, status: EstateStatus): string {
  if (status.edge.url === null && status.services.length === 0) return `'${estate}' is not running. Start it: npm start`;
  const table = tableOf(status.services);
  const frozen = status.services.filter((service) => service.frozen);
  return [
    `${colors.bold(estate)}  edge ${status.edge.url ?? "has no address"} (${colourOfHealth(status.edge.health)})`,
    ...status.stores.map((store) => `  ${store.name} (${colourOfHealth(store.health)}), inside the estate's network only`),
    ...(status.statusPage === null
      ? []
      : [
          `  monitoring (${colourOfHealth(status.monitoringHealth ?? "missing")}), status page, Prometheus and Alertmanager: ${status.statusPage}`,
        ]),
    ...(status.guard === null ? [] : [guardLine(status.guard)]),
    table,
    ...frozen.map(frozenLine),
  ].join("\n");
}

function tableOf(services: readonly ServiceStatus[]): string {
  const table = new Table({
    head: ["service", "route", "slot", "role", "clients", "release", "health"],
    style: { head: ["bold"], border: [] },
  });
  for (const service of services) table.push(...service.slots.map((slot) => describeSlot(service, slot)));
  return table.toString();
}

/** What of an estate is in its cluster, for people. There is no guard there: who drives a rollout watches it. */
export function renderClusterStatus(estate: string, { namespace, context, problem, services }: ClusterStatus): string {
  const title = `${colors.bold(estate)}  cluster ${context ?? "of the machine's kubeconfig"}, namespace ${namespace}`;
  if (problem !== null) return `${title}\n  ${colors.red(`it cannot be read: ${problem}`)}`;
  const unwatched = services.filter(({ canaryWeight, driver }) => (canaryWeight ?? 0) > 0 && driver === null);
  return [
    title,
    ...(services.length === 0 ? ["  no service is in it"] : [tableOf(services)]),
    ...services.flatMap(({ name, driver }) => (driver === null ? [] : [`  ${name} is being rolled out, and watched, by ${driver}`])),
    ...unwatched.map(({ name, canaryWeight }) =>
      colors.red(`${name}: nobody watches the ${canaryWeight} % of clients on its canary, because no rollout's driver runs`),
    ),
    ...services.filter(({ frozen }) => frozen).map(frozenLine),
  ].join("\n");
}

/** What a person may want to do next, with commands that work as they stand. */
export function renderNext(status: EstateStatus): string {
  const service = status.services.find(({ route, slots }) => route !== null && slots.length === 2);
  if (!service || service.active === null) return "";
  const canary = otherSlot(service.active);
  return [
    "Try next:",
    `  open ${status.edge.url}`,
    ...(status.statusPage === null ? [] : [`  open ${status.statusPage}    # who serves what, errors and latency by slot, alerts`]),
    `  curl -s ${status.edge.url}${service.route === "/" ? "" : service.route}/version`,
    `  npm run pulumi -- config set --path 'sluice:services.${service.name}.canaryWeight' 10   # 10 % of clients to ${canary}`,
    "  npm run pulumi -- up --yes --skip-preview",
    "  npm run status          # who serves what",
    "  npm stop                # ends it; data stays unless you say: npm stop -- --data",
  ].join("\n");
}
