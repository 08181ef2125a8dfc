// Numbers into words, and points into lines. Nothing here touches the document: tests import it as it is.

/**
 * @typedef {{ readonly at: number, readonly value: number }} Point
 * @typedef {{ readonly left: number, readonly right: number, readonly top: number, readonly bottom: number }} Box
 * @typedef {{ readonly from: number, readonly to: number, readonly highest: number, readonly box: Box }} Frame
 */

/** Three figures are enough for an eye: 0.123, 12.3, 123, 12,300. */
const three = (/** @type {number} */ value) => {
  const digits = value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
};

/** Requests per second. */
export const formatRate = (/** @type {number} */ value) => three(value);

/** A ratio (0-1) as a percentage. A little is never shown as nothing. */
export const formatRatio = (/** @type {number} */ value) => (value > 0 && value < 0.0001 ? "< 0.01 %" : `${three(value * 100)} %`);

/** A latency, from seconds. */
export const formatSeconds = (/** @type {number} */ value) => (value < 1 ? `${three(value * 1000)} ms` : `${three(value)} s`);

/** A span of time in at most two units, from seconds. */
export function formatAge(/** @type {number} */ seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  const parts = [days && `${days} d`, hours && `${hours} h`, minutes && `${minutes} min`, whole % 60 && `${whole % 60} s`];
  const first = parts.findIndex(Boolean);
  return first === -1
    ? "0 s"
    : parts
        .slice(first, first + 2)
        .filter(Boolean)
        .join(" ");
}

/**
 * The smallest of 1, 2, 5 × 10ⁿ that is not below any value: an axis that does not twitch at every new number.
 * @param {readonly number[]} values
 * @param {number} least what the axis shows at the least, so that noise near zero does not look like a mountain
 */
export function topOf(values, least) {
  const highest = Math.max(least, ...values);
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((one) => one * power >= highest * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(6));
}

/** @param {Frame} frame @param {number} at seconds */
export const xOf = ({ from, to, box }, at) => box.left + ((at - from) / (to - from)) * (box.right - box.left);

/** @param {Frame} frame @param {number} value */
export const yOf = ({ highest, box }, value) => box.bottom - (Math.min(value, highest) / highest) * (box.bottom - box.top);

/** The time at a place of the picture, never outside it. @param {Frame} frame @param {number} x */
export const atOf = ({ from, to, box }, x) => Math.min(to, Math.max(from, from + ((x - box.left) / (box.right - box.left)) * (to - from)));

/** Points inside the frame. @param {Frame} frame @param {readonly Point[]} points */
const inside = ({ from, to }, points) => points.filter(({ at }) => at >= from && at <= to);

/**
 * An SVG path through the points. Where none came for longer than `gap` the line breaks: a line would be a claim. A point alone becomes
 * a dot (a line of no length, which round caps show).
 * @param {Frame} frame
 * @param {readonly Point[]} points
 * @param {number} gap seconds
 */
export function pathOf(frame, points, gap) {
  const place = (/** @type {Point} */ { at, value }) => `${xOf(frame, at).toFixed(1)} ${yOf(frame, value).toFixed(1)}`;
  return inside(frame, points)
    .map((point, index, all) => {
      const [before, after] = [all[index - 1], all[index + 1]];
      const starts = !before || point.at - before.at > gap;
      const alone = starts && (!after || after.at - point.at > gap);
      return `${starts ? "M" : "L"}${place(point)}${alone ? "h0" : ""}`;
    })
    .join("");
}

/**
 * The point nearest in time, if there is one within `reach` seconds.
 * @param {readonly Point[]} points
 * @param {number} at
 * @param {number} reach
 */
export function nearest(points, at, reach) {
  /** @type {Point | undefined} */
  let best;
  for (const point of points) if (!best || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point;
  return best && Math.abs(best.at - at) <= reach ? best : undefined;
}

/**
 * A line in words, for those who do not see it.
 * @param {readonly Point[]} points
 * @param {(value: number) => string} format
 */
export function describeLine(points, format) {
  const values = points.map(({ value }) => value);
  const last = values.at(-1);
  if (last === undefined) return "no data";
  return `now ${format(last)}, between ${format(Math.min(...values))} and ${format(Math.max(...values))}`;
}
