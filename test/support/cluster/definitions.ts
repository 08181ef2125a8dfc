import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { parseAllDocuments } from "yaml";

/** A published Go module that has definitions of custom kinds as YAML. */
interface Source {
  readonly module: string;
  readonly version: string;
  /** Go's sum of the module's archive: what is served must be what was looked at. */
  readonly sum: string;
  readonly files: readonly string[];
  /** Names of the definitions that are wanted; the others of a file would only make every start slower. */
  readonly names: readonly string[];
}

/** Where the custom kinds that Sluice uses are defined. */
export const DEFINITIONS: readonly Source[] = [
  {
    module: "sigs.k8s.io/gateway-api",
    version: "v1.4.0",
    sum: "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
    files: ["gatewayclasses", "gateways", "httproutes"].map((name) => `config/crd/standard/gateway.networking.k8s.io_${name}.yaml`),
    names: ["gatewayclasses", "gateways", "httproutes"].map((name) => `${name}.gateway.networking.k8s.io`),
  },
  {
    module: "istio.io/api",
    version: "v1.27.3",
    sum: "h1:Ek00/+kB0wepYuevSfE0Edh2o5ndEtekmo/Nkx5LIYA=",
    files: ["kubernetes/customresourcedefinitions.gen.yaml"],
    names: ["virtualservices.networking.istio.io", "destinationrules.networking.istio.io"],
  },
  {
    module: "k8s.io/autoscaler/vertical-pod-autoscaler",
    version: "v1.5.1",
    sum: "h1:LlVtM3IKqIVHz1ZXC3ahe/mAtDWb7Eob0tyTzqFULqg=",
    files: ["deploy/vpa-v1-crd-gen.yaml"],
    names: ["verticalpodautoscalers.autoscaling.k8s.io"],
  },
  {
    module: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.85.0",
    sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    files: ["servicemonitors", "prometheusrules"].map((name) => `example/prometheus-operator-crd/monitoring.coreos.com_${name}.yaml`),
    names: ["servicemonitors.monitoring.coreos.com", "prometheusrules.monitoring.coreos.com"],
  },
  {
    module: "github.com/kubernetes-csi/external-snapshotter/client/v8",
    version: "v8.4.0",
    sum: "h1:bMqrb3UHgHbP+PW9VwiejfDJU1R0PpXVZNMdeH8WYKI=",
    files: ["volumesnapshotclasses", "volumesnapshots", "volumesnapshotcontents"].map(
      (name) => `config/crd/snapshot.storage.k8s.io_${name}.yaml`,
    ),
    names: ["volumesnapshotclasses", "volumesnapshots", "volumesnapshotcontents"].map((name) => `${name}.snapshot.storage.k8s.io`),
  },
];

/** A CustomResourceDefinition, as far as it is looked at here. */
export interface Definition {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/**
 * Read the definitions out of their published modules.
 *
 * @param outside a folder in no Go module
 */
export async function readDefinitions(outside: string): Promise<Definition[]> {
  const found: Definition[] = [];
  for (const { module, version, sum, files, names } of DEFINITIONS) {
    const { stdout } = await execa("go", ["mod", "download", "-json", `${module}@${version}`], {
      cwd: outside,
      // The sum is compared with the one above; the public database does not know all of these.
      env: { GOWORK: "off", GONOSUMDB: "*", GOFLAGS: "-mod=mod" },
      stdin: "ignore",
    });
    const fetched = JSON.parse(stdout) as { Dir: string; Sum: string };
    if (fetched.Sum !== sum) throw new Error(`${module} ${version} has the sum ${fetched.Sum}, not ${sum}: somebody has to look`);
    const documents = await Promise.all(files.map(async (file) => parseAllDocuments(await readFile(join(fetched.Dir, file), "utf8"))));
    const definitions = documents.flat().map((document) => document.toJS() as Definition | null);
    for (const name of names) {
      const definition = definitions.find((one) => one?.kind === "CustomResourceDefinition" && one.metadata.name === name);
      if (!definition) throw new Error(`${module} ${version} defines no ${name}`);
      found.push(definition);
    }
  }
  return found;
}
