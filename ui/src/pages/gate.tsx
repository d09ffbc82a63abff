/* The frame of the pages for who is not signed in: the name of the house, a card, language and colours. */
import type { ComponentChildren } from "preact";
import { LanguagePick, ThemePick } from "../frame.tsx";

export function Gate({ wide, children }: { wide?: boolean; children: ComponentChildren }) {
  return (
    <div class="gate">
      <main class={wide ? "gate-card wide" : "gate-card"}>
        <div class="brand">
          <img src="/hawk.svg" alt="" width="40" height="40" />
          Hawknest
        </div>
        {children}
      </main>
      <footer class="gate-foot">
        <LanguagePick />
        <ThemePick />
      </footer>
    </div>
  );
}
