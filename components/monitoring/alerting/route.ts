import { peopleOf, shiftsOf } from "./on-call.ts";
import { MEANINGS, PRIORITIES, type Waits } from "./priorities.ts";
import { QUIET_HOURS } from "./quiet-hours.ts";
import { type AlertingSettings, NOBODY, ON_CALL, type Route, WATCHDOG, WATCHDOG_ALERT } from "./types.ts";

/** Label of an alert that is told again, to the next in line; its value is the number of the step. See escalation.ts. */
export const ESCALATION_LABEL = "escalation";

/** Label of what is no alert but news, with its kind as the value: told at once, each by itself, and never as "resolved". */
export const NEWS_LABEL = "news";
/** Its name, so that one piece of news is never taken for a repetition of another. */
export const NEWS_ID_LABEL = "news_id";

/** One message for one alert of one service, however many containers it fires for. */
const GROUP_BY = ["estate", "alertname", "service"];

/** For alerts that have none of the four priorities. */
const OTHER_WAITS = MEANINGS.P2.waits;

/**
 * The route tree. From the top: the dead-man's switch, news, escalations, the four priorities, everything else.
 *
 * @param waits times between messages for every route, in place of those of its priority. @default - those of the priority
 */
export function renderRoute(settings: AlertingSettings, waits?: Waits): Route {
  const { default: others, routes, escalation, quietHours } = settings;
  return {
    receiver: NOBODY,
    group_by: GROUP_BY,
    ...times(waits ?? OTHER_WAITS),
    routes: [
      watchdog(settings),
      news(settings),
      ...(escalation?.steps ?? []).map(({ to }, index) => ({
        matchers: [`${ESCALATION_LABEL}="${index + 1}"`],
        ...times(waits ?? MEANINGS.P0.waits),
        ...tell(settings, to, []),
      })),
      ...PRIORITIES.map((priority) => ({
        matchers: [`priority="${priority}"`],
        ...times(waits ?? MEANINGS[priority].waits),
        ...tell(settings, routes[priority] ?? others, quietHours?.priorities.includes(priority) ? [QUIET_HOURS] : []),
      })),
      { ...tell(settings, others, []) },
    ],
  };
}

/** It is repeated, not held back, and never reaches people: without a receiver of its own it reaches nobody. */
function watchdog({ watchdog }: AlertingSettings): Route {
  return {
    matchers: [`alertname="${WATCHDOG_ALERT}"`],
    receiver: watchdog ? WATCHDOG : NOBODY,
    ...(watchdog && { group_wait: "0s", group_interval: "1m", repeat_interval: duration(watchdog.repeatMinutes * 60) }),
  };
}

/** Who is told of what can wait is told of rollouts too. */
function news(settings: AlertingSettings): Route {
  const { receiver, routes } = tell(settings, newsTo(settings), []);
  return {
    matchers: [`${NEWS_LABEL}!=""`],
    group_by: [NEWS_ID_LABEL],
    ...{ group_wait: "0s", group_interval: "1m", repeat_interval: "24h", receiver },
    ...(routes && { routes: routes.map((child) => ({ ...child, receiver: newsReceiver(child.receiver) })) }),
  };
}

const newsTo = ({ default: others, routes }: AlertingSettings): readonly string[] => routes.P3 ?? others;

/** The same people, by a receiver that does not tell of an end. No receiver of the settings can have this name. */
export const newsReceiver = (name: string): string => `${name}/news`;

/** Everybody who is told of news at some time, once. */
export function newsPeople(settings: AlertingSettings): string[] {
  const people = newsTo(settings).flatMap((name) => (name === ON_CALL ? (settings.onCall ? peopleOf(settings.onCall) : []) : [name]));
  return [...new Set(people)].sort();
}

/**
 * Tell each of `names`; `on-call` is whoever is on call. One child route for each, all but the last with `continue`: a receiver keeps its own
 * name in logs and metrics, and one that cannot be reached holds up no other. Whoever is named anyway is not told twice when on call.
 */
function tell({ onCall }: AlertingSettings, names: readonly string[], mute: readonly string[]): Pick<Route, "receiver" | "routes"> {
  const muted = mute.length > 0 && { mute_time_intervals: mute };
  const children = names.flatMap((name): Route[] => {
    if (name !== ON_CALL) return [{ receiver: name, ...muted }];
    const people = onCall ? peopleOf(onCall).filter((person) => !names.includes(person)) : [];
    return people.map((person) => ({ receiver: person, active_time_intervals: [shiftsOf(person)], ...muted }));
  });
  if (children.length === 0) return { receiver: NOBODY };
  return { receiver: NOBODY, routes: children.map((child, index) => (index < children.length - 1 ? { ...child, continue: true } : child)) };
}

const times = ({ first, changed, again }: Waits): Pick<Route, "group_wait" | "group_interval" | "repeat_interval"> => ({
  group_wait: duration(first),
  group_interval: duration(changed),
  repeat_interval: duration(again),
});

const duration = (seconds: number): string =>
  seconds % 3600 === 0 ? `${seconds / 3600}h` : seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
