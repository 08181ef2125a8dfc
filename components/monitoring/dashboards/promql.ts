/**
 * Fragments of PromQL that several panels share. `$service` and `$slot` are the dashboard's variables; `$__rate_interval` is Grafana's:
 * at least four scrapes, and never shorter than a pixel.
 */

/** Series of the chosen services. */
export const SERVICE = 'service=~"$service"';
/** Series of the chosen services and slots. */
export const SLOT = 'service=~"$service", slot=~"$slot"';

/** Events per second. */
export const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`;

/** `sum by (labels) (…)`, or `sum(…)` without labels. */
export const sumBy = (labels: string, what: string): string => (labels === "" ? `sum(${what})` : `sum by (${labels}) (${what})`);

/** A part of a whole, 0-1. Where nothing has ever counted as the part, it is 0 of the whole, and not "no data". */
export function ratio(labels: string, part: string, whole: string): string {
  const all = sumBy(labels, rate(whole));
  return `(${sumBy(labels, rate(part))} or 0 * ${all}) / ${all}`;
}

/** What the edge answered with 5xx, 0-1. */
export const edgeErrors = (labels: string, selector = SLOT): string =>
  ratio(labels, `sluice_edge_requests_total{${selector}, code=~"5.."}`, `sluice_edge_requests_total{${selector}}`);

/** Requests per second at the edge. */
export const edgeRequests = (labels: string, selector = SLOT): string => sumBy(labels, rate(`sluice_edge_requests_total{${selector}}`));

/** A quantile of what clients waited for, seconds, out of the edge's histogram. */
export const edgeLatency = (quantile: number, labels: string, selector = SLOT): string =>
  `histogram_quantile(${quantile}, ${sumBy(labels === "" ? "le" : `le, ${labels}`, rate(`sluice_edge_request_duration_seconds_bucket{${selector}}`))})`;

/** Of a query by service and slot, the slot that is active (1) or the other one (0). */
export const ofActive = (query: string, active: 0 | 1): string => `(${query}) and on (service, slot) (sluice_active_slot == ${active})`;
