import { PORTS } from "../../../components/monitoring/targets.ts";
import type { NotifyEffect } from "../../machine/index.ts";
import { type Alert, newsOf } from "../news.ts";
import type { Notifier } from "../ports.ts";
import type { Saved } from "../saved.ts";
import type { Inside } from "./inside.ts";

/** Messages to people, by the estate's own Alertmanager: who is told, and how, is decided there. */
export class AlertmanagerNotifier implements Notifier {
  readonly #inside: Inside;
  readonly #estate: string;

  constructor(inside: Inside, estate: string) {
    this.#inside = inside;
    this.#estate = estate;
  }

  async tell(news: NotifyEffect, { state }: Saved): Promise<void> {
    const about = {
      ...{ estate: this.#estate, service: state.service, rollout: state.rollout?.id ?? "", canary: state.rollout?.canary ?? null },
      ...{ decision: state.open.at(-1)?.id ?? null, at: Date.now() },
    };
    await this.send(newsOf(news, about));
  }

  /** @throws Error when Alertmanager does not take it */
  async send(alert: Alert): Promise<void> {
    const url = `http://${this.#estate}-alertmanager:${PORTS.alertmanager}/api/v2/alerts`;
    const words = ["curl", "-fsS", "--max-time", "5", "-H", "Content-Type: application/json", "--data-binary", "@-", url];
    await this.#inside.output("node-metrics", words, { input: JSON.stringify([alert]) });
  }
}
