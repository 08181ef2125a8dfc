import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { type Problem, renderProblems } from "./problems.ts";
import type { TlsSettings } from "./types.ts";

/** PEM texts of the edge's certificate chain and its private key. */
export interface Certificates {
  readonly certificate: string;
  readonly key: pulumi.Output<string>;
}

/**
 * Read the files that `sluice:edge.tls` names.
 * @throws pulumi.RunError naming every file that cannot be read, is not PEM, or does not fit the other one
 */
export function readCertificates(tls: TlsSettings | undefined): Certificates | undefined {
  if (!tls) return undefined;
  const problems: Problem[] = [];
  const read = (setting: "certificate" | "key", parse: (pem: string) => void): string => {
    try {
      const pem = readFileSync(tls[setting], "utf8");
      parse(pem);
      return pem;
    } catch (error) {
      const missing = error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES");
      problems.push({
        path: `sluice:edge.tls.${setting}`,
        received: tls[setting],
        allowed: `a readable PEM file with the ${setting === "key" ? "unencrypted private key" : "certificate, the site's own first"}`,
        fix: missing
          ? "put the file there or name the right path, relative to the project"
          : "the file is there but is not such a PEM text: replace it",
      });
      return "";
    }
  };
  const certificate = read("certificate", (pem) => new X509Certificate(pem));
  const key = read("key", (pem) => createPrivateKey(pem));
  if (problems.length === 0 && !new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
    problems.push({
      path: "sluice:edge.tls",
      received: `${tls.certificate} with ${tls.key}`,
      allowed: "a certificate and the private key it was made for",
      fix: "name the two files of one pair",
    });
  }
  if (problems.length > 0) throw new pulumi.RunError(renderProblems(problems, `Pulumi.${pulumi.getStack()}.yaml`));
  return { certificate, key: pulumi.secret(key) };
}
