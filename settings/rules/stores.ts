import type { Finding, Rule } from "../rules.ts";
import { sourceChoice } from "./source.ts";

export const storeRules: Rule = ({ postgres, redis }) => {
  const found: Finding[] = [];
  if (postgres) found.push(...sourceChoice(["postgres"], postgres, "optional"));
  if (!redis) return found;
  found.push(...sourceChoice(["redis"], redis, "optional"));
  if (redis.maxMemoryMb >= redis.memoryMb) {
    found.push({
      at: ["redis", "maxMemoryMb"],
      reads: [["redis", "memoryMb"]],
      received: String(redis.maxMemoryMb),
      allowed: `a whole number of MB below \`redis.memoryMb\` (${redis.memoryMb})`,
      fix: `set it to ${Math.max(1, Math.floor(redis.memoryMb / 2))}, or raise \`redis.memoryMb\``,
    });
  }
  return found;
};
