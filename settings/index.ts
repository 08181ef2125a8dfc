export { addressIn, edgeHost, hostNamed, hostsOf, monitoringHost, type Places } from "./hosts.ts";
export { githubToken, loadSettings, type RepositoryToken, type RunFacts, runFacts } from "./load.ts";
export { MAIN } from "./place.ts";
export { inCluster, onHost } from "./placement.ts";
export type { Problem } from "./problems.ts";
export { type Certificates, readCertificates } from "./tls.ts";
export type * from "./types.ts";
