import { Problem } from "../../../toolchain/problem.ts";
import type { Finding, Job, JobOutcome, JobWorld } from "../../job.ts";
import { reach } from "../../restic/reach.ts";
import { Repository } from "../../restic/repository.ts";
import { backups, KINDS, leftovers, partToRead } from "../../restic/snapshots.ts";
import { BackupFacts } from "./facts.ts";
import { report } from "./report.ts";
import { take } from "./take.ts";

/** How long that is kept which a restore took the place of. */
const KEPT_BEFORE = "90d";

/** Everything that must not be lost, encrypted, into a store that is not this machine. */
export const backup: Job = { name: "backup-to-r2", run: backUp };

async function backUp(world: JobWorld): Promise<JobOutcome> {
  const facts = BackupFacts.parse(world.facts);
  const { aheadSeconds } = await reach(facts.store.endpoint, world.now, world.signal);
  const repository = await Repository.of(world, facts.store);
  await repository.open({ make: true });
  await repository.unlock();
  const taken = await take(world, facts, repository);

  // Nothing old goes before what is kept is known to be whole.
  const part = partToRead(world.now(), facts.readAllDays);
  world.say(`checking the store: everything is there, and part ${part} of it reads as it was written`);
  await repository.check(part);
  const findings = await retain(world, facts, repository, taken.manifest.run);
  const kept = backups(await repository.snapshots(facts.estate));
  if (kept[0]?.run !== taken.manifest.run && !kept.some(({ run }) => run === taken.manifest.run))
    throw new Problem(
      `The backup ${taken.manifest.run} was stored, and is not in the store's list. Do not rely on it: run the job again, and see who else works in this bucket.`,
    );
  return report({ facts, taken, kept, part, aheadSeconds, findings, repositoryBytes: await repository.size(), now: world.now().getTime() });
}

/** Take out what is old. The backup is safe already: what goes wrong here is told, and no reason to call the run a failed one. */
async function retain(world: JobWorld, { estate, keep }: BackupFacts, repository: Repository, run: string): Promise<Finding[]> {
  world.say("taking out what is older than it must be");
  const policy = [
    ...["--keep-daily", `${keep.daily}`, "--keep-weekly", `${keep.weekly}`, "--keep-monthly", `${keep.monthly}`],
    ...["--host", estate, "--group-by", "host"],
  ];
  try {
    const left = leftovers(await repository.snapshots(estate), run);
    if (left.length > 0) await repository.forget(left);
    for (const kind of KINDS) {
      await repository.forget([...policy, "--tag", `sluice,${kind}`]);
      await repository.forget(["--keep-within", KEPT_BEFORE, "--host", estate, "--group-by", "host", "--tag", `sluice-before,${kind}`]);
    }
    await repository.prune();
    return [];
  } catch (error) {
    world.signal.throwIfAborted();
    if (!(error instanceof Problem)) throw error;
    return [
      {
        level: "warning",
        what: `Old backups were not taken out: ${error.message}`,
        todo: "The new backup is safe. See that this is put right before the store is full.",
      },
    ];
  }
}
