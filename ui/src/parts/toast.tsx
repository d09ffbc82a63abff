/* Short words about what was just done, with the way back where there is one; and what went wrong. */
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/client.ts";
import { language, t, tOf, useLanguage } from "../i18n/index.ts";
import { cell, useCell } from "../state.ts";
import { Button } from "./button.tsx";

interface Said {
  id: number;
  text: string;
  bad: boolean;
  undo?: () => unknown;
}

const said = cell<readonly Said[]>([]);
let last = 0;

const remove = (id: number) => said.set(said.get().filter((one) => one.id !== id));

/** Say what was done; `undo` takes it back. */
export function say(text: string, undo?: () => unknown): void {
  last += 1;
  said.set([...said.get().slice(-2), { id: last, text, bad: false, ...(undo && { undo }) }]);
}

/** Say what went wrong. */
export function grumble(problem: Problem): void {
  last += 1;
  said.set([...said.get().slice(-2), { id: last, text: inWords(problem), bad: true }]);
}

/** A problem in the reader's words: ours where we know better ones, else those of the server. */
export function inWords(problem: Problem): string {
  const ours = tOf("problem", String(problem.status));
  if (!problem.detail) return ours ?? (problem.title || t("problem.other"));
  const foreign = language.get() === "ja" && !/[぀-ヿ一-鿿]/.test(problem.detail);
  return foreign ? `${ours ?? t("problem.check")} (${problem.detail})` : problem.detail;
}

function Toast({ one }: { one: Said }) {
  const [stay, setStay] = useState(false);
  useEffect(() => {
    if (stay) return undefined;
    const timer = setTimeout(() => remove(one.id), one.undo || one.bad ? 10_000 : 5000);
    return () => clearTimeout(timer);
  }, [stay, one]);
  const back = async () => {
    remove(one.id);
    await one.undo?.();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div
      role="group"
      class={one.bad ? "toast bad" : "toast"}
      onMouseEnter={() => setStay(true)}
      onMouseLeave={() => setStay(false)}
      onFocusCapture={() => setStay(true)}
      onBlurCapture={() => setStay(false)}
    >
      <p>{one.text}</p>
      {one.undo && (
        <Button small onPress={back}>
          {t("part.undo")}
        </Button>
      )}
      <Button kind="quiet" small icon="close" alone={t("part.close")} onPress={() => remove(one.id)} />
    </div>
  );
}

export function Toasts() {
  useLanguage();
  const all = useCell(said);
  return (
    <section class="toasts" aria-live="polite" aria-label={t("part.messages")}>
      {all.map((one) => (
        <Toast key={one.id} one={one} />
      ))}
    </section>
  );
}
