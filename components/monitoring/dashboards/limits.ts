import { defaultRuleSettings } from "../rules/settings.ts";
import type { AlertLimits } from "./dashboard.ts";
import type { Limits } from "./panels.ts";

/** The limits of alerts where nobody has set others. */
export const usualLimits = (): AlertLimits => defaultRuleSettings({ services: [] });

/** Share of requests that fail: yellow where somebody is told, red where somebody is woken. */
export const errorLimits = ({ errorWarningRatio, errorCriticalRatio }: AlertLimits): Limits => ({
  warning: errorWarningRatio,
  critical: errorCriticalRatio,
});

/** Time of the slowest requests, seconds. */
export const latencyLimits = ({ latencyP99Seconds, responseTimeSeconds }: AlertLimits): Limits =>
  latencyP99Seconds < responseTimeSeconds ? { warning: latencyP99Seconds, critical: responseTimeSeconds } : { critical: latencyP99Seconds };

/** A part of something that gets full, 0-1: yellow where an alert begins, red half of the way from there to the end. */
export const fullLimits = (ratio: number): Limits => ({ warning: ratio, critical: (1 + ratio) / 2 });
