/** Milliseconds as people read them: `340 ms`, `4.2 s`, `12 min 5 s`, `3 h 4 min`, `2 d 3 h`. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const whole = Math.round(ms / 1000);
  const [days, hours, minutes, seconds] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${seconds} s`;
}

/** `2026-11-21 09:40:25 UTC`. */
export const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** `09:40:25`. */
export const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
