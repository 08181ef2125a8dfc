import { isGiven, isKnown } from "./facts.ts";
import { roleOf } from "./labels.ts";
import { resourceRule, stackRule } from "./rule.ts";

/** The data of Prometheus and Alertmanager: its volumes are retained, and monitoring can be switched off. */
const MEASURED = "sluice:monitoring:MonitoringServer";

/** As a datastore and a backup say it. */
const POSTGRES = "postgres";

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
  // What backs up from outside of the estate, a provider's snapshots for example, is not seen.
  level: "advisory",
  description: "Every estate with a data store has a backup job that runs by itself: a protected volume does not survive its disk.",
  remediation:
    "Say in `sluice:maintenance.backup` where backups go (docs/backups.md). Where others make them, write an exception that says who.",
  checkStack: (estate) => {
    const maintained = estate.all("sluice:maintenance:Maintenance").map(({ props }) => props);
    if (maintained.some(({ backsUp, scheduler }) => !isKnown(backsUp) || !isKnown(scheduler))) return [];
    const backing = maintained.filter(({ backsUp }) => isGiven(backsUp) && backsUp.length > 0);
    if (backing.length === 0) return [{ message: "it has data stores and no backup job" }];
    if (backing.every(({ scheduler }) => scheduler === "none")) return [{ message: "nothing begins its backup job: `scheduler: none`" }];
    const isHeld = (store: string) => backing.some(({ backsUp }) => isGiven(backsUp) && backsUp.some((one) => one === store));
    const leftOut = estate.all("sluice:datastore:Datastore").some(({ props: { kind } }) => kind === POSTGRES) && !isHeld(POSTGRES);
    return leftOut ? [{ message: "its backup job leaves Postgres out" }] : [];
  },
});
