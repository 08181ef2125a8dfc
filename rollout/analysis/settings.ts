/** What the analysis of a step goes by. Shares are 0 to 1. */
export interface AnalysisSettings {
  /** Fewer requests of the canary are never a PASS; fewer of the other slot are no comparison. */
  readonly minimumRequests: number;
  /** A difference fails when chance alone gives one like it less often than this, per check. */
  readonly alpha: number;
  /** A latency that is clearly higher holds the rollout already when chance explains it less often than this. */
  readonly suspicion: number;
  /** A difference of latencies is the doing of a few seconds when chance spreads it over seconds like this more often. */
  readonly bunched: number;
  /** Differences of error shares up to this are not worth a rollback, however certain they are. */
  readonly errorMargin: number;
  /** Highest accepted share of failed requests. */
  readonly errorLimit: number;
  /** Highest accepted share of failed requests to the auth workflow. */
  readonly authFailureLimit: number;
  /** Highest accepted P99. */
  readonly p99Seconds: number;
  readonly latency: {
    /** A quantile may be higher by this part (0.25 is a quarter)… */
    readonly tolerance: number;
    /** …and by this much, before it matters: the median, which is everybody's. */
    readonly minimumSeconds: number;
    /** The same for P95 and P99: a program that has just been started is slower at its slow end for minutes, release or not. */
    readonly tailSeconds: number;
    /** Chance that a canary's response is slower than one of the other slot; 0.5 is no difference. */
    readonly shiftEffect: number;
  };
  readonly history: {
    /** Fewer points are no history: the check abstains. */
    readonly minimumPoints: number;
    readonly sigmas: number;
    /** A calm history does not make every blip an anomaly: no sigma is below these. */
    readonly shareSigmaFloor: number;
    readonly secondsSigmaFloor: number;
    /** What is not above these is fine, whatever history says. */
    readonly shareFloor: number;
    readonly secondsFloor: number;
  };
}

export const DEFAULT_SETTINGS: AnalysisSettings = {
  minimumRequests: 50,
  alpha: 0.001,
  suspicion: 0.02,
  bunched: 0.2,
  errorMargin: 0.01,
  errorLimit: 0.01,
  authFailureLimit: 0.05,
  p99Seconds: 2,
  latency: { tolerance: 0.25, minimumSeconds: 0.01, tailSeconds: 0.05, shiftEffect: 0.6 },
  history: {
    minimumPoints: 20,
    sigmas: 3,
    shareSigmaFloor: 0.002,
    secondsSigmaFloor: 0.005,
    shareFloor: 0.01,
    secondsFloor: 0.1,
  },
};
