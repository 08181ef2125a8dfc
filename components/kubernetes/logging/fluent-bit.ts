import { stringify } from "yaml";
import type { LogsSpec } from "../spec.ts";

/** Where the kubelet puts what containers write. */
export const LOGS_PATH = "/var/log";
/** Where the shipper remembers how far it has read: a restart sends nothing twice and leaves nothing out. */
export const STATE_PATH = "/state";
/** Names of its files in the ConfigMap. */
export const CONFIG_FILE = "fluent-bit.yaml";
export const PARSERS_FILE = "parsers.yaml";
export const HTTP_PORT = 2020;

/** Filled in by the shipper itself: the node that it runs on. */
const NODE = ["$", "{NODE_NAME}"].join("");

/**
 * Fluent Bit's configuration: what the estate's containers on a node write, its JSON taken apart, one index for each day.
 *
 * @param password of the store, where it asks for one; the text is then a secret as a whole
 */
export function fluentBitConfig({ to, host, port, index, login }: LogsSpec, namespace: string, password?: string): string {
  return stringify({
    service: { flush: 1, log_level: "warn", http_server: "on", http_port: HTTP_PORT, health_check: "on", parsers_file: PARSERS_FILE },
    pipeline: {
      inputs: [
        {
          name: "tail",
          tag: "kube.*",
          path: `${LOGS_PATH}/containers/*_${namespace}_*.log`,
          "multiline.parser": "cri",
          db: `${STATE_PATH}/positions.db`,
          mem_buf_limit: "32MB",
          skip_long_lines: "on",
        },
      ],
      filters: [
        // The tag holds pod, namespace and container: nobody has to be asked for them, and the shipper needs no login to the API server.
        { name: "parser", match: "kube.*", key_name: "log", parser: "json", reserve_data: "on" },
        { name: "record_modifier", match: "kube.*", record: [`namespace ${namespace}`, `node ${NODE}`] },
      ],
      outputs: [
        {
          name: to === "opensearch" ? "opensearch" : "es",
          match: "kube.*",
          ...{ host, port, tls: "on", "tls.verify": "on" },
          ...{ logstash_format: "on", logstash_prefix: index, include_tag_key: "on", suppress_type_name: "on", replace_dots: "on" },
          ...(login && { http_user: login.user, http_passwd: password }),
          retry_limit: "no_limits",
          "storage.total_limit_size": "256M",
        },
      ],
    },
  });
}

/** A program's own JSON: level, message and correlation id become fields; its time is the record's. */
export const fluentBitParsers = (): string =>
  stringify({
    parsers: [{ name: "json", format: "json", time_key: "time", time_format: "%Y-%m-%dT%H:%M:%S.%L%z", time_keep: true }],
  });
