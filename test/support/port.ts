import getPort, { portNumbers } from "get-port";

/**
 * Below the ports that the kernel gives to outgoing connections (32768 and up on Linux): none of those can take it before Docker does. What
 * runs beside the engine room has ports of its own: an estate binds its port only half a minute after it was drawn.
 */
const [FIRST, LAST] = process.env.SLUICE_TEST_BESIDE ? [25_000, 29_999] : [20_000, 24_999];

/** A port of 127.0.0.1 that nobody listens on, drawn at random: tests may run beside others. */
export function drawPort(): Promise<number> {
  const from = FIRST + Math.floor(Math.random() * (LAST - FIRST - 1000));
  return getPort({ host: "127.0.0.1", port: portNumbers(from, LAST) });
}
