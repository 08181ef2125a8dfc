import { commonSettings, values } from "../support/config.ts";

/** Everything that the API reads from its environment. */
export const apiSettings = {
  ...commonSettings,
  POSTGRES_HOST: values.text,
  POSTGRES_PORT: values.wholeNumber(1, 65535).default(5432),
  POSTGRES_DATABASE: values.text,
  POSTGRES_USER: values.text,
  POSTGRES_PASSWORD_FILE: values.text.default("/run/secrets/postgres-password"),
  /** Connections that one replica may hold, besides one for its health check. */
  POSTGRES_POOL: values.wholeNumber(1, 100).default(5),
  REDIS_HOST: values.text,
  REDIS_PORT: values.wholeNumber(1, 65535).default(6379),
  REDIS_PASSWORD_FILE: values.text.default("/run/secrets/redis-password"),
  /** How long an order may be answered from the cache, seconds. */
  CACHE_SECONDS: values.wholeNumber(1, 86_400).default(60),
};
