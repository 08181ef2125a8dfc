import { Problem } from "../../toolchain/problem.ts";
import { DRILL_SET, serve } from "../step.ts";
import { nameOf, running, serviceOf } from "../targets.ts";
import type { Scenario } from "../world.ts";

/** Made in the edge's own container: no key leaves it, and the real one is not touched. */
const MAKE = `
set -eu
umask 077
set=/config/tls/${DRILL_SET}
rm -rf "$set" && mkdir -p "$set"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=sluice-drill -not_before 20250101000000Z \\
  -not_after "$(date -u -d '1 hour ago' +%Y%m%d%H%M%SZ)" -keyout "$set/tls.key" -out "$set/tls.crt" 2> /dev/null
chmod 0640 "$set/tls.key" "$set/tls.crt"
`;

/** The edge serves a certificate that has ended. Clients that check are refused until it is put back. */
export const certificate: Scenario = {
  name: "certificate",
  says: "let the edge serve a certificate that has ended, where it has one; the real one comes back",
  prepare: async (world) => {
    if (!world.settings.edge.tls)
      throw new Problem(`The edge of '${world.settings.name}' has no certificate: sluice:edge.tls is not set, so none can end.`);
    const { name: service } = serviceOf(world);
    const edge = nameOf(running(world, "edge"));
    const set = (await world.docker.run(["exec", edge, "readlink", "/config/tls/current"])).trim();
    if (set === "" || set === DRILL_SET) throw new Problem(`${edge} serves no certificate that could be put back: bring it up first.`);
    return {
      will: `let ${edge} serve a certificate that ended an hour ago in place of ${set}`,
      steps: [{ does: "certificate", edge, set }],
      alerts: [{ name: "CertificateExpiry", labels: { service } }],
      heals: false,
      inject: async () => {
        await world.docker.run(["exec", edge, "sh", "-c", `${MAKE}\n${serve(DRILL_SET)}`]);
      },
    };
  },
};
