export { DokployApplication, type DokployApplicationArgs, type DokployApplicationFacts, type RegistryLogin } from "./application.ts";
export { DokployPlace, type DokployPlaceArgs } from "./place.ts";
