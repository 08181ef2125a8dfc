import * as pulumi from "@pulumi/pulumi";
import type { DeclaredEvidence } from "../../evidence/schema.ts";

/**
 * What the tools found out about the release that is being deployed, or why that cannot be believed, put into the stack so that policies see
 * it. It makes nothing: its outputs are the whole of it.
 */
export class ReleaseEvidence extends pulumi.ComponentResource {
  constructor(name: string, args: DeclaredEvidence, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:evidence:Evidence", name, {}, opts);
    const { file, evidence, problem, head, maxAgeHours } = args;
    this.registerOutputs({
      file,
      ...(evidence !== undefined && { evidence }),
      ...(problem !== undefined && { problem }),
      ...(head !== undefined && { head }),
      ...(maxAgeHours !== undefined && { maxAgeHours }),
    });
  }
}
