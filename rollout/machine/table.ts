import type { EventType } from "./events.ts";
import { ignore, type Row, refuse } from "./rule.ts";
import * as edge from "./rules-edge.ts";
import * as facts from "./rules-facts.ts";
import * as operator from "./rules-operator.ts";
import { PHASES, type PhaseName } from "./state.ts";

const over = ignore("that is over");
const notYet = ignore("there is no rollout yet");
const running = refuse("a rollout is under way: abort it or let it end");

/** The machine runs on this table, so it cannot differ from what is rendered of it. */
export const TABLE: { readonly [T in EventType]: Row<T> } = {
  start: {
    ...every(running),
    ...{ idle: operator.begin, done: operator.begin, failed: operator.begin },
    ...{ rollingBack: refuse("a rollback is under way"), frozen: refuse("the service is frozen: acknowledge the decision first") },
  },
  deployed: { ...every(over), idle: notYet, deploying: facts.deployed, paused: { ...facts.deployed, says: "noted for later", to: [] } },
  deployFailed: { ...every(over), idle: notYet, deploying: facts.deployFailed, paused: facts.deployFailed },
  healthy: { ...every(over), idle: notYet, checking: facts.healthy, paused: { ...facts.healthy, says: "noted for later", to: [] } },
  smokePassed: {
    ...every(over),
    ...{ idle: notYet, checking: facts.smokePassed, paused: { ...facts.smokePassed, says: "noted for later", to: [] } },
  },
  smokeFailed: { ...every(over), idle: notYet, checking: facts.smokeFailed, paused: facts.smokeFailed },
  unhealthy: {
    ...every(over),
    ...{ idle: notYet, deploying: ignore("it is not up yet"), checking: facts.unhealthyBefore, paused: facts.unhealthyPaused },
    ...{ step: facts.unhealthyLive, analysing: facts.unhealthyLive, promoting: facts.unhealthyLive, done: facts.unhealthyLive },
  },
  // It opens a step's window, and proves nothing else: only a reading of the edge does.
  weightApplied: { ...every(ignore("only a reading of the edge counts")), idle: notYet, step: edge.applied },
  weightRefused: {
    ...every(over),
    ...{ idle: notYet, deploying: edge.refusedWhileRunning, checking: edge.refusedWhileRunning, step: edge.refusedWhileRunning },
    ...{ analysing: edge.refusedWhileRunning, promoting: edge.refusedWhileRunning, paused: ignore("nothing is asked while paused") },
    ...{ rollingBack: edge.refusedWhileBack, frozen: edge.refusedWhileBack },
  },
  verdict: {
    ...every(facts.judgeFailOnly),
    ...{ idle: notYet, step: facts.judge, analysing: facts.judge, rollingBack: facts.judgeFailAgain, frozen: facts.judgeFailAgain },
  },
  guardFailed: { ...every(facts.guardSaysNo), rollingBack: facts.guardSaysNoAgain, frozen: facts.guardSaysNoAgain },
  guardAlive: { ...every(edge.alive), checking: edge.aliveBeforeStep, analysing: edge.aliveAfterWindow },
  guardStale: every(edge.stale),
  pause: {
    ...every(refuse("nothing is running that could be held")),
    ...{ deploying: operator.pause, checking: operator.pause, step: operator.pause, analysing: operator.pause },
    ...{ paused: ignore("it is paused"), promoting: refuse("the promotion is under way: let it end, or roll back") },
  },
  resume: { ...every(refuse("nothing is paused")), paused: operator.resume },
  promote: {
    ...every(refuse("there is nothing to promote")),
    ...{ deploying: refuse("it is not deployed yet"), checking: refuse("it is not checked yet"), promoting: ignore("it is on its way") },
    ...{ step: operator.promoteStep, analysing: operator.promoteStep, paused: operator.promoteStep, done: ignore("it is promoted") },
    ...{ rollingBack: refuse("it is being rolled back"), frozen: refuse("the service is frozen"), failed: refuse("it was taken back") },
  },
  abort: {
    ...every(operator.abort),
    ...{ idle: refuse("nothing is running"), done: refuse("it is over: `rollback` goes back"), failed: refuse("it is over") },
    ...{ rollingBack: ignore("it is being rolled back"), frozen: ignore("it is rolled back") },
  },
  rollback: {
    ...every(operator.rollBack),
    ...{ done: operator.rollBackPromoted, rollingBack: operator.rollBackAgain, frozen: operator.rollBackAgain },
  },
  acknowledge: {
    ...every(refuse("there is no decision to acknowledge")),
    ...{ rollingBack: refuse("the rollback is still under way"), frozen: operator.acknowledge },
    ...{ idle: operator.acknowledgeForeign, done: operator.acknowledgeForeign, failed: operator.acknowledgeForeign },
  },
  tick: {
    ...every(ignore("what is not in place is asked for again")),
    ...{ deploying: edge.deadline, checking: edge.deadline, step: edge.windowEnd, analysing: edge.analysisEnd },
  },
  restarted: every(edge.restarted),
  observed: {
    ...{ idle: edge.observeAtRest, failed: edge.observeAtRest, done: edge.observeDone },
    ...{ deploying: edge.observeRunning, checking: edge.observeBeforeStep, step: edge.observeRunning, analysing: edge.observeAnalysing },
    ...{ paused: edge.observePaused, promoting: edge.observePromoting, rollingBack: edge.observeBack, frozen: edge.observeFrozen },
  },
  superseded: { ...every(ignore("it is not over")), idle: notYet, done: edge.superseded, failed: edge.superseded },
  delivered: every(edge.delivered),
};

function every<R>(rule: R): Record<PhaseName, R> {
  return Object.fromEntries(PHASES.map((phase) => [phase, rule])) as Record<PhaseName, R>;
}

export interface TableLine {
  readonly phase: PhaseName;
  readonly event: EventType;
  readonly says: string;
  readonly to: readonly PhaseName[];
}

/** The table as lines, for docs. */
export const tableLines = (): TableLine[] =>
  (Object.keys(TABLE) as EventType[]).flatMap((event) =>
    PHASES.map((phase) => ({ phase, event, says: TABLE[event][phase].says, to: TABLE[event][phase].to })),
  );
