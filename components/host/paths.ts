/** Where a container finds its secrets, each a file. */
export const SECRETS_PATH = "/run/secrets";

/** Where a slot or a workload finds its own configuration files: in `current` below it. */
export const CONFIG_PATH = "/run/config";
