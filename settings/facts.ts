/** Variable by which `npm run render` tells the program where manifests go; `runFacts` reads it. */
export const RENDER_TO = "SLUICE_RENDER_TO";
