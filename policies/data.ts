import { isGiven } from "./facts.ts";
import { roleOf } from "./labels.ts";
import { resourceRule, stackRule } from "./rule.ts";

/** The data of Prometheus and Alertmanager: its volumes are retained, and monitoring can be switched off. */
const MEASURED = "sluice:monitoring:MonitoringServer";

export const isProtected = resourceRule({
  name: "data-volume-is-protected",
  on: "docker:index/volume:Volume",
  description:
    "The volume of a data store is protected: no `destroy` and no edit of the program deletes it. What monitoring has measured is kept when it goes, and needs no more.",
  remediation: "Set `sluice:protectData` to true.",
  check: (volume, { protect, within }) =>
    roleOf(volume) === "data" && !protect && !within.includes(MEASURED) ? ["it holds data, and nothing protects it"] : [],
});

export const isRetained = stackRule({
  name: "data-volume-is-retained",
  needs: "sluice:datastore:Datastore",
  description: "The volume of a data store stays when the stack goes.",
  remediation: "Use Sluice's `Datastore`, or set `retainOnDelete: true`.",
  checkStack: (estate) =>
    estate
      .all("sluice:datastore:Datastore")
      .flatMap(({ urn, props: { kind, retained } }) =>
        retained === false ? [{ urn, message: `the data of ${isGiven(kind) ? kind : "the store"} goes with the stack` }] : [],
      ),
});

export const hasBackup = stackRule({
  name: "data-has-backup",
  needs: "sluice:datastore:Datastore",
  // Until the component exists, nobody could meet it.
  level: "advisory",
  description: "Every estate with a data store has a backup job: a protected volume does not survive its disk.",
  remediation: "Declare a backup job (`sluice:maintenance`).",
  checkStack: (estate) => (estate.all("sluice:maintenance:Backup").length > 0 ? [] : [{ message: "it has data stores and no backup job" }]),
});
