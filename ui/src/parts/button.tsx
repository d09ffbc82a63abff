/* Something to press. While what it began is under way it cannot be pressed again. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asProblem } from "../api/ask.ts";
import { t } from "../i18n/index.ts";
import { Icon, type IconName } from "./icon.tsx";
import { grumble } from "./toast.tsx";

interface Shape {
  kind?: "plain" | "main-act" | "danger" | "danger-quiet" | "quiet";
  icon?: IconName;
  small?: boolean;
  wide?: boolean;
  /** Words for an icon that stands alone. */
  alone?: string;
  children?: ComponentChildren;
}

interface Press extends Shape {
  onPress?: () => unknown;
  submit?: boolean;
  disabled?: boolean;
  busy?: boolean;
  autofocus?: boolean;
  pressed?: boolean;
}

function classes({ kind = "plain", small, wide, alone }: Shape): string {
  return ["button", kind, small && "small", wide && "wide", alone && "icon-only"].filter(Boolean).join(" ");
}

export function Button(props: Press) {
  const { onPress, submit, disabled, icon, alone, children, autofocus, pressed } = props;
  const [pending, setPending] = useState(false);
  const busy = pending || props.busy === true;
  const press = async (event: Event) => {
    if (busy) {
      event.preventDefault(); // it stays in reach of the keyboard, and does nothing twice
      return;
    }
    if (submit) return;
    const outcome = onPress?.();
    if (!(outcome instanceof Promise)) return;
    setPending(true);
    try {
      await outcome;
    } catch (error) {
      grumble(asProblem(error));
    } finally {
      setPending(false);
    }
  };
  return (
    <button
      type={submit ? "submit" : "button"}
      class={classes(props)}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-label={alone}
      aria-pressed={pressed}
      title={alone}
      autofocus={autofocus}
      onClick={press}
    >
      {busy ? (
        <span class="spinner" role="status" aria-label={t("part.busy")} />
      ) : (
        icon && <Icon name={icon} />
      )}
      {children}
    </button>
  );
}

export function LinkButton({ href, download, ...shape }: Shape & { href: string; download?: string }) {
  return (
    <a class={classes(shape)} href={href} download={download} aria-label={shape.alone} title={shape.alone}>
      {shape.icon && <Icon name={shape.icon} />}
      {shape.children}
    </a>
  );
}
