/* What every page has: its title, for the eye, the tab and the screen reader; and what is shown while it is waited for. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Asked } from "../api/ask.ts";
import type { Problem } from "../api/client.ts";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { inWords } from "./toast.tsx";

let opened = false;

export function Page(props: {
  title: string;
  lead?: ComponentChildren;
  back?: { href: string; text: string };
  acts?: ComponentChildren;
  narrow?: boolean;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${props.title} · Hawknest`;
  }, [props.title]);
  useEffect(() => {
    if (opened) heading.current?.focus({ preventScroll: true }); // a new page is read out; the first one the browser announces
    opened = true;
  }, []);
  return (
    <div class={props.narrow ? "page narrow" : "page"}>
      <header class="head">
        <div class="head-words">
          {props.back && (
            <a class="back" href={props.back.href}>
              <Icon name="back" />
              {props.back.text}
            </a>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {props.title}
          </h1>
          {props.lead && <p>{props.lead}</p>}
        </div>
        {props.acts && <div class="row">{props.acts}</div>}
      </header>
      {props.children}
    </div>
  );
}

export function Card(props: {
  title?: ComponentChildren;
  lead?: ComponentChildren;
  acts?: ComponentChildren;
  flush?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <section class={props.flush ? "card flush" : "card"}>
      {(props.title || props.acts) && (
        <div class="card-head">
          <div class="card-words">
            {props.title && <h2>{props.title}</h2>}
            {props.lead && <p class="small">{props.lead}</p>}
          </div>
          {props.acts && <div class="row">{props.acts}</div>}
        </div>
      )}
      {props.children}
    </section>
  );
}

export type Tone = "info" | "good" | "warn" | "bad";
const DRAWN: Record<Tone, IconName> = { info: "info", good: "check", warn: "warn", bad: "warn" };

export function Notice(props: { tone?: Tone; title?: ComponentChildren; children?: ComponentChildren }) {
  const tone = props.tone ?? "info";
  return (
    <div class={`notice ${tone}`}>
      <Icon name={DRAWN[tone]} />
      <div class="notice-words">
        {props.title && <b>{props.title}</b>}
        {props.children}
      </div>
    </div>
  );
}

export function Empty(props: {
  icon: IconName;
  title: string;
  children?: ComponentChildren;
  act?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <Icon name={props.icon} />
      <h3>{props.title}</h3>
      {props.children && <p>{props.children}</p>}
      {props.act}
    </div>
  );
}

/** Grey lines where words will be. */
export function Bones({ lines = 4 }: { lines?: number }) {
  return (
    <div class="stack" role="status" aria-label={t("part.loading")}>
      {Array.from({ length: lines }, (_, n) => (
        <div key={n} class="bone" />
      ))}
    </div>
  );
}

export function Failed({ problem, again }: { problem: Problem; again: () => void }) {
  return (
    <Notice tone="bad" title={t("part.failed")}>
      <p>{inWords(problem)}</p>
      <div>
        <Button small icon="refresh" onPress={again}>
          {t("part.again")}
        </Button>
      </div>
    </Notice>
  );
}

/** What was asked for; until then grey lines, or why there is nothing. */
export function Loaded<T>({
  of,
  lines,
  children,
}: {
  of: Asked<T>;
  lines?: number;
  children: (data: T) => ComponentChildren;
}) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) return <Failed problem={of.error} again={of.again} />;
  return <Bones lines={lines ?? 4} />;
}

export function Tabs({
  label,
  tabs,
  now,
}: {
  label: string;
  tabs: readonly { href: string; text: string }[];
  now: string;
}) {
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    box.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [now]);
  return (
    <nav class="tabs" aria-label={label} ref={box}>
      {tabs.map((one) => (
        <a key={one.href} class="tab" href={one.href} aria-current={one.href === now ? "page" : undefined}>
          {one.text}
        </a>
      ))}
    </nav>
  );
}

export type DotTone = "good" | "warn" | "bad" | "off";
/** A coloured dot, always with words: nobody has to see colours. */
export function Dot({ tone, children }: { tone: DotTone; children: ComponentChildren }) {
  return <span class={`dot ${tone}`}>{children}</span>;
}

export function Tag({
  tone = "",
  children,
}: {
  tone?: "" | "good" | "warn" | "bad" | "accent";
  children: ComponentChildren;
}) {
  return <span class={`tag ${tone}`}>{children}</span>;
}
