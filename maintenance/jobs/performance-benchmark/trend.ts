import type { Measured } from "./compare.ts";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [720, 260, 52, 34, 34, 16];
const LINES = [
  { key: "p50", color: "#2a78d6", name: "p50" },
  { key: "p95", color: "#d98a00", name: "p95" },
  { key: "p99", color: "#c8372d", name: "p99" },
] as const;
const MOST = 52;

/** A year of measurements as a picture: three lines over time, milliseconds upwards. Legible on light and dark pages. */
export function trend(history: readonly Measured[]): string {
  const shown = history.slice(-MOST);
  const top = nice(Math.max(1, ...shown.map(({ p99 }) => p99)));
  const x = (index: number): number => LEFT + (shown.length < 2 ? 0.5 : index / (shown.length - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (ms: number): number => HEIGHT - BOTTOM - (ms / top) * (HEIGHT - BOTTOM - TOP);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = y(share * top).toFixed(1);
    return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#8884"/><text x="${LEFT - 6}" y="${at}" dy="4" text-anchor="end">${Number((share * top).toPrecision(3))}</text>`;
  });
  const lines = LINES.map(({ key, color }) => {
    const points = shown.map((one, index) => `${x(index).toFixed(1)},${y(one[key]).toFixed(1)}`);
    const dots = points.map((point) => `<circle cx="${point.split(",")[0]}" cy="${point.split(",")[1]}" r="2.5" fill="${color}"/>`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join("")}`;
  });
  const legend = LINES.map(
    ({ name, color }, index) => `<text x="${LEFT + index * 60}" y="18" fill="${color}" font-weight="bold">${name}</text>`,
  );
  const day = (index: number, anchor: string) =>
    shown[index]
      ? `<text x="${x(index).toFixed(1)}" y="${HEIGHT - 10}" text-anchor="${anchor}">${shown[index]?.at.slice(0, 10)}</text>`
      : "";
  const days = shown.length < 2 ? [day(0, "middle")] : [day(0, "start"), day(shown.length - 1, "end")];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-label="Response times, milliseconds" font-family="sans-serif" font-size="12" fill="#777">${[...grid, ...lines, ...legend, ...days].join("")}<text x="${WIDTH - RIGHT}" y="18" text-anchor="end">milliseconds, ${shown.length} measurements</text></svg>\n`;
}

/** The next round number: 1, 2, 5, 10, 20, … */
export function nice(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * step >= value) ?? 10) * step;
}
