/** How many there are at a time, and how long each rests between two requests, ms: some 150 requests in a second, on loopback only. */
const [VISITORS, REST_MS] = [12, 60];

/** Clients that are told apart by their user agent, so that every slot gets its share, for as long as something takes. */
export async function withVisitors<T>(url: string, during: () => Promise<T>): Promise<T> {
  let on = true;
  const one = async (): Promise<void> => {
    while (on) {
      await fetch(url, { headers: { "user-agent": `client ${Math.random()}` } })
        .then((response) => response.text())
        .catch(() => undefined);
      await new Promise((later) => setTimeout(later, REST_MS));
    }
  };
  const all = Array.from({ length: VISITORS }, one);
  try {
    return await during();
  } finally {
    on = false;
    await Promise.all(all);
  }
}
