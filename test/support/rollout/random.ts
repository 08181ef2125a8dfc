import { createCipheriv } from "node:crypto";

/** Numbers that look random and are the same for the same seed: the key stream of AES-128 in counter mode. */
export class Random {
  readonly #stream;
  readonly #zeros = Buffer.alloc(1 << 14);
  #buffer = Buffer.alloc(0);
  #at = 0;

  constructor(seed: number) {
    const key = Buffer.alloc(16);
    key.writeDoubleLE(seed);
    this.#stream = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  }

  /** Above 0 and below 1. */
  uniform(): number {
    if (this.#at >= this.#buffer.length) {
      this.#buffer = this.#stream.update(this.#zeros);
      this.#at = 0;
    }
    const word = this.#buffer.readUInt32LE(this.#at);
    this.#at += 4;
    return (word + 0.5) / 2 ** 32;
  }

  /** Standard normal (Box, Muller, 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Exact by the gaps between successes, which are geometric; above 80 expected ones the rounded normal, which is good enough for latencies. */
  binomial(n: number, p: number): number {
    if (n <= 0 || p <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    if (n * p > 80) return Math.min(n, Math.max(0, Math.round(n * p + this.normal() * Math.sqrt(n * p * (1 - p)))));
    const base = Math.log1p(-p);
    let found = 0;
    for (let at = Math.floor(Math.log(this.uniform()) / base); at < n; at += 1 + Math.floor(Math.log(this.uniform()) / base)) found += 1;
    return found;
  }

  /** Arrivals when `rate` are expected. */
  poisson(rate: number): number {
    if (rate > 40) return Math.max(0, Math.round(rate + this.normal() * Math.sqrt(rate)));
    let found = -1;
    for (let product = 1, end = Math.exp(-rate); product > end; found += 1) product *= this.uniform();
    return found;
  }
}
