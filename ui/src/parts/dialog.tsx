/* A question in front of the page. The browser's own dialog keeps the keyboard inside, and Escape closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { TextField } from "./field.tsx";
import { Form, useSending } from "./form.tsx";

export function Dialog(props: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    const first = dialog?.querySelector<HTMLElement>(
      "[autofocus], .dialog-body input, .dialog-body select, .dialog-body textarea",
    );
    first?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class={props.wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onClose={props.onClose}
    >
      <div class="dialog-in">
        <div class="dialog-head">
          <h2 id={id}>{props.title}</h2>
          <Button kind="quiet" icon="close" alone={t("part.close")} onPress={() => box.current?.close()} />
        </div>
        <div class="dialog-body stack">{props.children}</div>
      </div>
    </dialog>
  );
}

/** Ask before something that cannot be taken back; with `name`, only who types it may go on. */
export function Confirm(props: {
  title: string;
  children: ComponentChildren;
  act: string;
  name?: string;
  onDo: () => Promise<unknown>;
  onClose: () => void;
}) {
  const [typed, setTyped] = useState("");
  const sending = useSending();
  const ready = !props.name || typed.trim().toLowerCase() === props.name.toLowerCase();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <Form
        sending={sending}
        onSubmit={async () => ready && (await sending.run(props.onDo)) && props.onClose()}
      >
        <div class="stack tight">{props.children}</div>
        {props.name && (
          <TextField
            label={t("part.type-name", { name: props.name })}
            value={typed}
            onInput={setTyped}
            autocomplete="off"
          />
        )}
        <div class="row end">
          <Button onPress={props.onClose}>{t("part.cancel")}</Button>
          <Button kind="danger" submit disabled={!ready} busy={sending.busy}>
            {props.act}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
