/* What the pages say, in the reader's language. Every text is a pair of English and Japanese (words/). */
import { cell, useCell } from "../state.ts";
import { words } from "./words/index.ts";

export type Language = "en" | "ja";
export type Key = keyof typeof words;
export type Fill = Record<string, string | number>;

export const LANGUAGES: readonly Language[] = ["en", "ja"];
const KEPT = "hawknest-language";

function first(): Language {
  if (typeof localStorage === "undefined") return "en";
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "ja") return kept;
  return navigator.language.toLowerCase().startsWith("ja") ? "ja" : "en";
}

export const language = cell<Language>(first());

/** Speak a language from now on; who chose it on this device keeps it here. */
export function speak(chosen: Language, how: { keep: boolean } = { keep: true }): void {
  if (how.keep) localStorage.setItem(KEPT, chosen);
  document.documentElement.lang = chosen;
  language.set(chosen);
}

/** Speak the language of an account, unless another was chosen on this device. */
export function speakAs(account: string): void {
  if (LANGUAGES.includes(account as Language) && !localStorage.getItem(KEPT))
    speak(account as Language, { keep: false });
}

export const useLanguage = (): Language => useCell(language);

/** Say something. `{name}` is filled in; `{n|one letter|# letters}` chooses by number, where # is the number. */
export function t(key: Key, fill: Fill = {}): string {
  return filled(words[key][language.get() === "ja" ? 1 : 0], fill, language.get());
}

/** Say something whose name comes from the server, such as a policy; undefined where we have no words for it. */
export function tOf(family: string, name: string, fill: Fill = {}): string | undefined {
  const key = `${family}.${name}`;
  return Object.hasOwn(words, key) ? t(key as Key, fill) : undefined;
}

export function filled(text: string, fill: Fill, locale: string): string {
  return text.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
    (whole, name: string, one?: string, many?: string) => {
      const value = fill[name];
      if (value === undefined) return whole;
      const shown = typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : value;
      if (one === undefined || many === undefined) return shown;
      return (value === 1 ? one : many).replace("#", shown);
    },
  );
}
