import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

/** What a stack file says of the edge's certificate; anything else is the program's to refuse. */
const withTls = z.object({
  config: z.object({ "sluice:edge": z.object({ tls: z.object({ certificate: z.string(), key: z.string() }) }) }),
});

/**
 * Put a self-made certificate where the settings name one that is not there: it is on the machine that deploys, and in no commit.
 *
 * @param kept folder that keeps it, so that it is the same one for every commit that is compared
 */
export async function placeCertificates(project: string, stack: string, kept: string): Promise<void> {
  const settings = withTls.safeParse(parse(await readFile(join(project, `Pulumi.${stack}.yaml`), "utf8")));
  if (!settings.success) return;
  const { certificate, key } = settings.data.config["sluice:edge"].tls;
  const wanted = [certificate, key].map((path) => join(project, path));
  if (wanted.some((path) => !path.startsWith(join(project, "/")) || existsSync(path))) return;
  const own = ["certificate.pem", "key.pem"].map((name) => join(kept, name));
  const [ownCertificate = "", ownKey = ""] = own;
  if (!existsSync(ownKey)) {
    await mkdir(kept, { recursive: true });
    const made = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=preview",
    ];
    const { failed, shortMessage } = await execa("openssl", [...made, "-keyout", ownKey, "-out", ownCertificate], { reject: false });
    if (failed)
      throw new Problem(
        `A certificate for the preview could not be made: ${shortMessage}\nPut ${certificate} and ${key} there, or install openssl.`,
      );
  }
  for (const [index, path] of wanted.entries()) {
    await mkdir(dirname(path), { recursive: true });
    await cp(own[index] ?? "", path);
  }
}
