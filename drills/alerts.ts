import { z } from "zod";
import type { Docker } from "../estate/docker.ts";

/** An alert that fires. */
export interface FiringAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An alert that a drill expects, with the labels that it must have. */
export interface ExpectedAlert {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const Answer = <T extends z.ZodType>(data: T) => z.object({ status: z.literal("success"), data });
const Alerts = Answer(z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })) }));
const Rules = Answer(
  z.object({
    groups: z.array(z.object({ interval: z.number(), rules: z.array(z.object({ name: z.string(), duration: z.number().optional() })) })),
  }),
);

/** The estate's own Prometheus, asked inside its container: nothing has to be reached from here. */
export class EstateAlerts {
  readonly #docker: Docker;
  readonly #container: string;

  constructor(docker: Docker, estate: string) {
    this.#docker = docker;
    this.#container = `${estate}-prometheus`;
  }

  async firing(): Promise<FiringAlert[]> {
    const { data } = Alerts.parse(await this.#ask("alerts"));
    return data.alerts
      .filter(({ state, labels }) => state === "firing" && labels.alertname !== "Watchdog")
      .map(({ labels }) => ({ name: labels.alertname ?? "", labels }));
  }

  /** Seconds that a rule waits before it fires. */
  async waits(alert: string): Promise<number> {
    const { data } = Rules.parse(await this.#ask("rules?type=alert"));
    const found = data.groups.flatMap(({ rules }) => rules).filter(({ name }) => name === alert);
    return Math.max(0, ...found.map(({ duration = 0 }) => duration));
  }

  async #ask(path: string): Promise<unknown> {
    return JSON.parse(
      await this.#docker.run(["exec", this.#container, "curl", "-fsS", "--max-time", "5", `http://127.0.0.1:9090/api/v1/${path}`]),
    );
  }
}

/** Whether an alert is one of those that were expected. */
export const isExpected = (expected: readonly ExpectedAlert[], { name, labels }: FiringAlert): boolean =>
  expected.some((one) => one.name === name && Object.entries(one.labels ?? {}).every(([label, value]) => labels[label] === value));

/** Areas whose alerts look back for hours: what a drill has done stays in sight long after all is well. */
const LOOKS_BACK = ["slo", "anomaly", "traffic"];

/** What fires because something is wrong now. */
export const ofNow = (alerts: readonly FiringAlert[]): FiringAlert[] =>
  alerts.filter(({ labels }) => !LOOKS_BACK.includes(labels.area ?? ""));

/** What fires now and did not before, one line each. */
export function newAlerts(before: readonly FiringAlert[], now: readonly FiringAlert[]): string[] {
  const key = ({ name, labels }: FiringAlert) =>
    [name, ...["service", "slot", "name", "mountpoint"].flatMap((label) => (labels[label] ? [labels[label]] : []))].join(" ");
  const known = new Set(before.map(key));
  return [...new Set(now.map(key))].filter((one) => !known.has(one)).sort();
}
