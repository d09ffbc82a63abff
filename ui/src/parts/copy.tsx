/* A value to take away: shown as it is, with a button that copies it. */
import { useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";

export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <span class="copyable">
      <code>{text}</code>
      <span class="no-print" aria-live="polite">
        <Button
          kind="quiet"
          small
          icon={done ? "check" : "copy"}
          alone={done ? t("part.copied") : t("part.copy", { what })}
          onPress={copy}
        />
      </span>
    </span>
  );
}

/** Something that is shown this one time. */
export function Secret({ text, note }: { text: string; note: string }) {
  const [done, setDone] = useState(false);
  return (
    <div class="stack tight">
      <code class="secret">{text}</code>
      <div class="row">
        <Button
          small
          icon={done ? "check" : "copy"}
          onPress={async () => {
            await navigator.clipboard.writeText(text);
            setDone(true);
          }}
        >
          {done ? t("part.copied") : t("part.copy-it")}
        </Button>
        <span class="help">{note}</span>
      </div>
    </div>
  );
}
