import { readFileSync } from "node:fs";
import { Redis } from "ioredis";

export interface CacheSettings {
  readonly REDIS_HOST: string;
  readonly REDIS_PORT: number;
  readonly REDIS_PASSWORD_FILE: string;
}

/** Never more than this is lost to a cache that does not answer, milliseconds. */
const PATIENCE_MS = 300;

/** A client that fails fast while Redis is away and finds back by itself; the password file is read again before each attempt. */
export function createCache(settings: CacheSettings, say: (words: string) => void): Redis {
  const password = () => {
    try {
      return readFileSync(settings.REDIS_PASSWORD_FILE, "utf8").trimEnd();
    } catch {
      return "";
    }
  };
  const redis = new Redis({
    host: settings.REDIS_HOST,
    port: settings.REDIS_PORT,
    password: password(),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE_MS,
    connectTimeout: 1000,
    retryStrategy: (attempt) => {
      redis.options.password = password();
      return Math.min(100 * attempt, 1000);
    },
  });
  // Said once per outage, not once per attempt.
  let down = false;
  redis.on("error", (error: Error) => {
    if (!down) say(`redis is away: ${error.message}`);
    down = true;
  });
  redis.on("ready", () => {
    if (down) say("redis is back");
    down = false;
  });
  return redis;
}
