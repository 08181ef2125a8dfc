/** Bytes as people read them: `1.5 GB`. */
export function bytes(many: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, many < 1 ? 0 : Math.floor(Math.log10(many) / 3));
  return `${Number((many / 1000 ** step).toPrecision(3))} ${units[step]}`;
}

/** A share of 1 in percent: `12.5 %`. */
export const percent = (share: number): string => (Number.isFinite(share) ? `${Number((share * 100).toPrecision(3))} %` : "-");
