// Numbers and times as people read them.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SOME = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

export function number(value: number): string {
  return value === 0 || Math.abs(value) >= 10 ? WHOLE.format(value) : SOME.format(value);
}

/** A span of seconds by its two largest units. */
export function duration(seconds: number): string {
  const units: [string, number][] = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const whole = Math.max(0, Math.round(seconds));
  const first = units.findIndex(([, size]) => whole >= size);
  if (first === -1) return "0 s";
  const parts = units.slice(first, first + 2).map(([unit, size], index) => {
    const above = units[first + index - 1]?.[1];
    const count = Math.floor((above && index > 0 ? whole % above : whole) / size);
    return count > 0 ? `${count} ${unit}` : "";
  });
  return parts.filter(Boolean).join(" ");
}

export function bytes(value: number): string {
  if (value < 1e3) return `${number(value)} B`;
  if (value < 1e6) return `${number(value / 1e3)} kB`;
  return value < 1e9 ? `${number(value / 1e6)} MB` : `${number(value / 1e9)} GB`;
}

/** The time of the day. */
export function clock(at: Date): string {
  return at.toLocaleTimeString("en", { hour12: false });
}

export function moment(text: string): string {
  return new Date(text).toLocaleString("en", { dateStyle: "medium", timeStyle: "medium", hour12: false });
}
