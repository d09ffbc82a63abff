/* Numbers, sizes and times as people of a language write them. Times are seconds since the epoch, sizes octets. */
import { language } from "./index.ts";

/** The language of the pages, in the kind of it that the reader's browser asks for: English dates differ from island to island. */
function locale(): string {
  const asked = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  return asked.find((one) => one.split("-")[0] === language.get()) ?? language.get();
}

export const number = (value: number): string => new Intl.NumberFormat(locale()).format(value);

/** A size: powers of 1024, as the limits of mailboxes are. */
export function size(octets: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  let value = octets;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const style = {
    style: "unit",
    unit: units[unit] ?? "byte",
    unitDisplay: unit ? "short" : "narrow",
  } as const;
  return new Intl.NumberFormat(locale(), {
    ...style,
    maximumFractionDigits: value < 10 && unit ? 1 : 0,
  }).format(value);
}

/** A size as it is typed: 500M, 2G, 0. */
export function typed(octets: number): string {
  for (const [unit, length] of [
    ["T", 2 ** 40],
    ["G", 2 ** 30],
    ["M", 2 ** 20],
    ["K", 2 ** 10],
  ] as const) {
    if (octets && octets % length === 0) return `${octets / length}${unit}`;
  }
  return String(octets);
}

/** Read a size as it is typed; null where it is none. Full-width digits are digits. */
export function readSize(text: string): number | null {
  const found = /^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)I?B?$/.exec(text.normalize("NFKC").trim().toUpperCase());
  if (!found) return null;
  const power = { "": 0, K: 1, M: 2, G: 3, T: 4 }[found[2] ?? ""] ?? 0;
  return Math.round(Number(found[1]) * 1024 ** power);
}

const at = (seconds: number, style: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale(), style).format(seconds * 1000);

export const dateTime = (seconds: number): string => at(seconds, { dateStyle: "medium", timeStyle: "short" });
export const exact = (seconds: number): string => at(seconds, { dateStyle: "medium", timeStyle: "medium" });
export const date = (seconds: number): string => at(seconds, { dateStyle: "medium" });
export const clock = (seconds: number): string => at(seconds, { timeStyle: "medium" });
export const hour = (seconds: number): string => at(seconds, { hour: "2-digit", minute: "2-digit" });
export const day = (seconds: number): string => at(seconds, { month: "short", day: "numeric" });

const SPANS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** How long ago, or in how long. */
export function ago(seconds: number, now: number = Date.now() / 1000): string {
  const away = seconds - now;
  const [unit, length] = SPANS.find(([, length]) => Math.abs(away) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(Math.round(away / length), unit);
}

/** A length of time in its two largest units. */
export function span(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.round(seconds));
  for (const [unit, length] of SPANS.slice(2)) {
    if (parts.length < 2 && (rest >= length || (unit === "second" && !parts.length))) {
      const style = { style: "unit", unit, unitDisplay: "long" } as const;
      parts.push(new Intl.NumberFormat(locale(), style).format(Math.floor(rest / length)));
      rest %= length;
    } else if (parts.length === 1) break;
  }
  return parts.join(language.get() === "ja" ? "" : " ");
}

/** A list in a sentence: a, b and c. */
export const listed = (items: readonly string[]): string => new Intl.ListFormat(locale()).format(items);
