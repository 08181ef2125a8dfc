import { z } from "zod";

/** One line of the engine's event log; what is not looked at here passes through unread. */
const properties = z.record(z.string(), z.json());
const state = z.object({
  urn: z.string(),
  type: z.string(),
  parent: z.string().optional(),
  protect: z.boolean().optional(),
  inputs: properties.nullish(),
  outputs: properties.nullish(),
});

const metadata = z.object({
  op: z.string(),
  urn: z.string(),
  type: z.string(),
  old: state.nullish(),
  new: state.nullish(),
  /** Names of properties; where the plugin says no more than that. */
  diffs: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.object({ diffKind: z.string(), inputDiff: z.boolean().default(false) })).nullish(),
});
export type Metadata = z.infer<typeof metadata>;

const judged = z.object({ passed: z.array(z.string()).nullish(), failed: z.array(z.string()).nullish() });

export const EngineEvent = z.object({
  timestamp: z.number().optional(),
  preludeEvent: z.object({ config: z.record(z.string(), z.string()).nullish() }).optional(),
  resourcePreEvent: z.object({ metadata }).optional(),
  resOutputsEvent: z.object({ metadata }).optional(),
  resOpFailedEvent: z.object({ metadata }).optional(),
  diagnosticEvent: z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() }).optional(),
  policyEvent: z
    .object({
      resourceUrn: z.string().optional(),
      message: z.string(),
      policyName: z.string(),
      policyPackName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  policyAnalyzeSummaryEvent: judged.optional(),
  policyAnalyzeStackSummaryEvent: judged.optional(),
  summaryEvent: z
    .object({ durationSeconds: z.number().default(0), resourceChanges: z.record(z.string(), z.number()).nullish() })
    .optional(),
});
export type EngineEvent = z.infer<typeof EngineEvent>;
