/** A matcher as Alertmanager's API v2 takes it. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  /** `false`: the alert must not match. */
  readonly isEqual: boolean;
}

/** The body of `POST /api/v2/silences`. */
export interface Silence {
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

export interface Deployment {
  readonly estate: string;
  /** @default - the whole estate */
  readonly service?: string;
  readonly release: string;
  readonly startsAt: Date;
  /** Longest time it may take, 1 to 120; the silence ends then even if nobody ends it. */
  readonly minutes: number;
  /** Who deploys. */
  readonly by: string;
}

export const LONGEST_SILENCE_MINUTES = 120;

/** Areas in which a deployment makes noise. The deployment itself, resources, data and the watching (the dead-man's switch!) are not among them. */
const DISTURBED = ["anomaly", "availability", "errors", "latency", "slo", "traffic"];

/**
 * The silence for the time of a deployment: containers start and stop, and that is no news.
 *
 * It can never hide a critical alert, whatever it is given: that exception is part of every silence this function makes. A silence with it
 * matches what is not critical and nothing else.
 *
 * @throws RangeError for a deployment of less than a minute or more than two hours
 */
export function deploymentSilence({ estate, service, release, startsAt, minutes, by }: Deployment): Silence {
  if (!(minutes >= 1 && minutes <= LONGEST_SILENCE_MINUTES))
    throw new RangeError(`a deployment is silenced for 1 to ${LONGEST_SILENCE_MINUTES} minutes, got ${minutes}`);
  return {
    matchers: [
      is("estate", estate),
      ...(service === undefined ? [] : [is("service", service)]),
      { name: "area", value: DISTURBED.join("|"), isRegex: true, isEqual: true },
      { name: "severity", value: "critical", isRegex: false, isEqual: false },
    ],
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + minutes * 60_000).toISOString(),
    createdBy: by,
    comment: `Deployment of ${service ?? estate}, release ${release}. Critical alerts are not silenced.`,
  };
}

const is = (name: string, value: string): Matcher => ({ name, value, isRegex: false, isEqual: true });
