import type { Area } from "../../../components/monitoring/rules/index.ts";
import { anomaly } from "./anomaly.ts";
import { availability } from "./availability.ts";
import type { AreaCases } from "./case.ts";
import { containers } from "./containers.ts";
import { data } from "./data.ts";
import { deploy } from "./deploy.ts";
import { errors } from "./errors.ts";
import { latency } from "./latency.ts";
import { maintenance } from "./maintenance.ts";
import { monitoring } from "./monitoring.ts";
import { resources } from "./resources.ts";
import { rollout } from "./rollout.ts";
import { slo } from "./slo.ts";
import { traffic } from "./traffic.ts";

/** The cases of every area. */
export const CASES: Readonly<Record<Area, AreaCases>> = {
  anomaly,
  availability,
  containers,
  data,
  deploy,
  errors,
  latency,
  maintenance,
  monitoring,
  resources,
  rollout,
  slo,
  traffic,
};
