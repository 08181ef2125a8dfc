import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** 256 random bits as base64. They are made at the first update and kept, encrypted, in the state. */
export function randomSecret(name: string, parent: pulumi.Resource): pulumi.Output<string> {
  const made = new local.Command(
    name,
    { create: "head -c 32 /dev/urandom | base64 | tr -d '\\n'", addPreviousOutputInEnv: false, logging: "none" },
    { parent, additionalSecretOutputs: ["stdout", "stderr"] },
  );
  return pulumi.secret(made.stdout);
}
