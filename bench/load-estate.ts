import type { Change } from "../test/support/project.ts";

/** The demo estate with room to answer as fast as the machine allows: its own limits are those of a small host. */
export const roomy: Change = (config) => {
  Object.assign(config["sluice:edge"] as object, { cpus: 2 });
  const services = config["sluice:services"] as Record<string, object>;
  Object.assign(services.api ?? {}, { cpus: 2 });
};
