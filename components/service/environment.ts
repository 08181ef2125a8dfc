import type { SlotIdentity } from "../host/labels.ts";
import { CONFIG_PATH, SECRETS_PATH } from "../host/paths.ts";

/** A data store as a service reaches it. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** File name of its password among the service's secrets. */
  readonly passwordFile: string;
  /** More variables, without the store's prefix. */
  readonly details: Readonly<Record<string, string>>;
}

export interface EnvironmentArgs {
  readonly identity: SlotIdentity;
  readonly port: number;
  readonly drainSeconds: number;
  /** Data stores by name (`postgres`, `redis`). */
  readonly stores: Readonly<Record<string, StoreAddress>>;
  readonly hasFiles: boolean;
  /** What the team set for this slot. */
  readonly env: Readonly<Record<string, string>>;
}

/** The variables of a slot's containers: who they are, where their stores are, and what the team set. No secret is among them. */
export function slotEnvironment(args: EnvironmentArgs): Record<string, string> {
  const { identity, port, drainSeconds, stores, hasFiles, env } = args;
  const ofStore = ([name, store]: [string, StoreAddress]): [string, string][] => {
    const prefix = name.toUpperCase();
    return [
      [`${prefix}_HOST`, store.host],
      [`${prefix}_PORT`, `${store.port}`],
      [`${prefix}_PASSWORD_FILE`, `${SECRETS_PATH}/${store.passwordFile}`],
      ...Object.entries(store.details).map(([key, value]): [string, string] => [`${prefix}_${key}`, value]),
    ];
  };
  return {
    ...env,
    ...Object.fromEntries(Object.entries(stores).flatMap(ofStore)),
    ...(hasFiles ? { SLUICE_CONFIG_DIR: `${CONFIG_PATH}/current` } : {}),
    SLUICE_SERVICE: identity.service,
    SLUICE_SLOT: identity.slot,
    SLUICE_RELEASE: identity.release,
    SLUICE_DRAIN_SECONDS: `${drainSeconds}`,
    PORT: `${port}`,
  };
}
