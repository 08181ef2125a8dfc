import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Make a self-made certificate for 127.0.0.1 and its key: PEM files `<name>.pem` and `<name>.key` in the folder. */
export async function makeCertificate(folder: string, name: string): Promise<{ certificate: string; key: string }> {
  await mkdir(folder, { recursive: true });
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const names = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"];
  await execa("openssl", [...made, ...names, "-keyout", key, "-out", certificate]);
  return { certificate, key };
}
