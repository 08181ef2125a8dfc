import "./settings/lean-sdk.ts";
import { githubToken, inCluster, loadSettings, onHost, runFacts } from "./settings/index.ts";

// The map of an estate. Each part is loaded only where the settings ask for it: what a stack does not have costs it nothing.
const settings = loadSettings();
const { renderTo } = runFacts();

const onDocker = renderTo === undefined ? onHost(settings) : undefined;
const host = onDocker && (await import("./program/host.ts")).declareHost(onDocker);

const onKubernetes = inCluster(settings);
const cluster = onKubernetes && (await import("./program/kubernetes.ts")).declareCluster(settings, onKubernetes, renderTo);

if (settings.github && renderTo === undefined)
  (await import("./program/github.ts")).declareGithub(settings.github, settings.secrets, githubToken(settings));

const dokploy =
  settings.dokploy && renderTo === undefined
    ? await (await import("./program/dokploy.ts")).declareDokploy(settings.dokploy, settings, runFacts())
    : undefined;

if (settings.evidence && renderTo === undefined) await (await import("./program/evidence.ts")).declareEvidence(settings.evidence);

// What the stack has; the engine would warn of a name that stands for nothing.
export default {
  /** Where the edge of the Docker host is reached. */
  ...(host && { url: host }),
  /** Addresses of the cluster's load balancers by workload; what the servers of Consul are given, where nobody chose it. */
  ...cluster,
  /** Image and address of what a Dokploy runs, by application. */
  ...(dokploy && { dokploy }),
  weights: Object.fromEntries(settings.services.map(({ name, active, canaryWeight }) => [name, { active, canaryWeight }])),
};
