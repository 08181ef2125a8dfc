import { Pool } from "undici";

export interface Split {
  readonly blue: number;
  readonly green: number;
  readonly failed: number;
}

/** Ask once as each of so many distinct clients (their user agents differ), and count which slot answered. */
export async function splitOf(url: string, clients: number): Promise<Split> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 16, pipelining: 1 });
  const split = { blue: 0, green: 0, failed: 0 };
  let next = 0;
  const ask = async (): Promise<void> => {
    while (next < clients) {
      const client = next++;
      const { statusCode, headers, body } = await pool.request({
        path: pathname,
        method: "GET",
        headers: { "user-agent": `client-${client}` },
      });
      await body.dump();
      const slot = headers["x-sluice-slot"];
      if (statusCode === 200 && (slot === "blue" || slot === "green")) split[slot] += 1;
      else split.failed += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
  await pool.close();
  return split;
}

/**
 * Pearson's chi-square statistic of a two-way split (one degree of freedom), against the expected share.
 * @see https://www.itl.nist.gov/div898/handbook/eda/section3/eda35f.htm
 */
export function chiSquare(observed: number, total: number, share: number): number {
  const [expected, rest] = [total * share, total * (1 - share)];
  return (observed - expected) ** 2 / expected + (total - observed - rest) ** 2 / rest;
}
