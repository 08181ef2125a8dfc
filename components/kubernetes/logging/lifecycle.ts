import type { LogsSpec } from "../spec.ts";

/** What the store is asked to keep to, as requests: path and body. Asked again, they change nothing. */
export interface StoreRequest {
  readonly path: string;
  readonly body: object;
}

const days = (count: number): string => `${count}d`;

/** A day's index is deleted when it is `keepDays` old; until then it is shrunk to one segment, since nobody writes to it any more. */
export function lifecycle({ to, index, keepDays }: LogsSpec): StoreRequest[] {
  const policy = `${index}-logs`;
  const patterns = [`${index}-*`];
  const mappings = {
    dynamic_templates: [{ texts: { match_mapping_type: "string", mapping: { type: "keyword", ignore_above: 8191 } } }],
    properties: { "@timestamp": { type: "date" }, message: { type: "text" } },
  };
  const template = (settings: object): StoreRequest => ({
    path: `_index_template/${policy}`,
    body: { index_patterns: patterns, priority: 200, template: { settings: { number_of_shards: 1, ...settings }, mappings } },
  });
  if (to === "elasticsearch") {
    const phases = {
      hot: { actions: {} },
      warm: { min_age: "1d", actions: { readonly: {}, forcemerge: { max_num_segments: 1 } } },
      delete: { min_age: days(keepDays), actions: { delete: {} } },
    };
    return [{ path: `_ilm/policy/${policy}`, body: { policy: { phases } } }, template({ "index.lifecycle.name": policy })];
  }
  const states = [
    { name: "hot", actions: [], transitions: [{ state_name: "warm", conditions: { min_index_age: "1d" } }] },
    {
      name: "warm",
      actions: [{ read_only: {} }, { force_merge: { max_num_segments: 1 } }],
      transitions: [{ state_name: "delete", conditions: { min_index_age: days(keepDays) } }],
    },
    { name: "delete", actions: [{ delete: {} }], transitions: [] },
  ];
  const body = {
    policy: {
      description: `Logs are kept for ${keepDays} days.`,
      ...{ default_state: "hot", states, ism_template: [{ index_patterns: patterns, priority: 200 }] },
    },
  };
  return [{ path: `_plugins/_ism/policies/${policy}`, body }, template({})];
}
