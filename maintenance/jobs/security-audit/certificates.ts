import { connect } from "node:tls";
import type { Finding } from "../../job.ts";

const PATIENCE_MS = 10_000;
const SOON_DAYS = 21;
const NOW_DAYS = 7;

/** What a server shows of itself. */
export interface Certificate {
  readonly at: string;
  readonly subject: string;
  /** ISO 8601. */
  readonly until: string;
}

/** The certificate that clients get at an address. @throws when there is none */
export function certificateOf(host: string, port: number, signal: AbortSignal): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    // Only its days are read; whether it is to be trusted is for clients, who come by another name.
    const stop = () => socket.destroy(new Error("the audit was ended"));
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: PATIENCE_MS }, () => {
      const { subject, valid_to: until } = socket.getPeerCertificate();
      socket.end();
      const name = subject?.CN;
      resolve({
        at: `${host}:${port}`,
        subject: `${Array.isArray(name) ? name[0] : (name ?? "no name")}`,
        until: new Date(until).toISOString(),
      });
    });
    signal.addEventListener("abort", stop, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", stop));
    socket.once("timeout", () => socket.destroy(new Error("it does not answer")));
    socket.once("error", reject);
  });
}

/** @param now milliseconds since 1970 */
export function judgeCertificate({ at, subject, until }: Certificate, now: number): Finding {
  const days = Math.floor((Date.parse(until) - now) / 86_400_000);
  const what =
    days < 0
      ? `The certificate of ${subject} at ${at} ended on ${until.slice(0, 10)}.`
      : `The certificate of ${subject} at ${at} ends on ${until.slice(0, 10)}, in ${days} days.`;
  if (days >= SOON_DAYS) return { level: "ok", what };
  return {
    level: days < NOW_DAYS ? "critical" : "warning",
    what,
    todo: "Renew it, put the files where sluice:edge.tls says, and npm start.",
  };
}
