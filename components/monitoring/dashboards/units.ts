/** Units by their names in Grafana. `percentunit` shows 0-1 as 0-100 %, `percent` takes 0-100. */
export const UNITS = [
  "none",
  "short",
  "percentunit",
  "percent",
  "s",
  "d",
  "dateTimeFromNow",
  "bytes",
  "Bps",
  "reqps",
  "ops",
  "cpm",
  "currencyUSD",
  "currencyEUR",
  "currencyGBP",
] as const;
export type Unit = (typeof UNITS)[number];
