/* The frame around the pages: the places to go, who is signed in, and the status bar that the original had at its foot. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { connected, silence, status, tune } from "./api/live.ts";
import { keeper, signOut, steward } from "./api/me.ts";
import type { Me } from "./api/types.ts";
import { count, waiting } from "./api/waiting.ts";
import { number } from "./i18n/format.ts";
import { LANGUAGES, type Language, speak, t, useLanguage } from "./i18n/index.ts";
import { Button } from "./parts/button.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { Dot } from "./parts/page.tsx";
import { place } from "./router.ts";
import { useCell } from "./state.ts";
import { type Theme, theme, wear } from "./theme.ts";

interface Place {
  href: string;
  icon: IconName;
  text: string;
  count?: number | undefined;
  /** What the count means, for who hears it. */
  said?: string | undefined;
}

export function Frame({ me, children }: { me: Me; children: ComponentChildren }) {
  const watches = steward(me);
  useEffect(() => {
    if (watches) tune();
    return silence;
  }, [watches]);
  const { path } = useCell(place);
  useEffect(() => {
    if (keeper(me)) void count();
  }, [me, path]);
  return (
    <div class="frame">
      <a class="skip" href="#page">
        {t("frame.skip")}
      </a>
      <TopBar me={me} />
      <Side me={me} />
      <main class="main" id="page">
        {children}
      </main>
      {watches && <StatusBar />}
    </div>
  );
}

function Side({ me }: { me: Me }) {
  return (
    <div class="side">
      <a class="brand" href="/">
        <img src="/hawk.svg" alt="" width="30" height="30" />
        Hawknest
      </a>
      <Places me={me} />
      <Who me={me} />
    </div>
  );
}

function TopBar({ me }: { me: Me }) {
  const [open, setOpen] = useState(false);
  const drawer = useRef<HTMLDialogElement>(null);
  const { path } = useCell(place);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (open) drawer.current?.showModal();
    else drawer.current?.close();
  }, [open]);
  return (
    <header class="topbar">
      <a class="brand" href="/">
        <img src="/hawk.svg" alt="" width="30" height="30" />
        Hawknest
      </a>
      <Button kind="quiet" icon="menu" alone={t("frame.menu")} onPress={() => setOpen(true)} />
      <dialog
        ref={drawer}
        class="drawer"
        aria-label={t("frame.menu")}
        onClose={() => setOpen(false)}
        {...{ closedby: "any" }}
      >
        {open && <Side me={me} />}
      </dialog>
    </header>
  );
}

function Places({ me }: { me: Me }) {
  const state = useCell(status);
  const waits = useCell(waiting);
  const server: Place[] = [
    { href: "/", icon: "home", text: t("place.dashboard") },
    { href: "/coach", icon: "globe", text: t("place.coach") },
    { href: "/log", icon: "log", text: t("place.log") },
    { href: "/queue", icon: "queue", text: t("place.queue"), count: state?.pending || undefined },
    { href: "/letters", icon: "route", text: t("place.letters") },
    { href: "/reports", icon: "chart", text: t("place.reports") },
  ];
  const people: Place[] = [
    {
      href: "/users",
      icon: "people",
      text: t("place.users"),
      count: waits || undefined,
      said: t("apply.waiting", { n: waits }),
    },
    { href: "/aliases", icon: "at", text: t("place.aliases") },
    ...(steward(me) ? [] : [{ href: "/coach", icon: "globe" as const, text: t("place.coach") }]),
  ];
  const rules: Place[] = [
    { href: "/options", icon: "sliders", text: t("place.options") },
    { href: "/access", icon: "plug", text: t("place.access") },
    { href: "/audit", icon: "audit", text: t("place.audit") },
  ];
  const own: Place[] = [
    { href: "/me", icon: "person", text: t("place.self") },
    { href: "/setup", icon: "phone", text: t("place.setup") },
    ...(keeper(me) ? [{ href: "/help", icon: "help" as const, text: t("place.help") }] : []),
    ...(steward(me) ? [] : [{ href: "/me/letters", icon: "route" as const, text: t("place.my-letters") }]),
  ];
  return (
    <nav class="places" aria-label={t("frame.places")}>
      {steward(me) && <Group places={server} />}
      {keeper(me) && <Group title={t("frame.people")} places={people} />}
      {steward(me) && <Group title={t("frame.rules")} places={rules} />}
      <Group title={t("frame.own")} places={own} />
    </nav>
  );
}

function Group({ title, places }: { title?: string; places: readonly Place[] }) {
  const { path } = useCell(place);
  const here = (href: string) =>
    href === "/"
      ? path === "/"
      : path === href || (path.startsWith(`${href}/`) && !(href === "/me" && path.startsWith("/me/letters")));
  return (
    <section>
      {title && <h2>{title}</h2>}
      <ul>
        {places.map((one) => (
          <li key={one.href}>
            <a class="place" href={one.href} aria-current={here(one.href) ? "page" : undefined}>
              <Icon name={one.icon} />
              {one.text}
              {one.count !== undefined && <Count n={one.count} said={one.said} />}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Count({ n, said }: { n: number; said: string | undefined }) {
  if (!said) return <span class="count">{number(n)}</span>;
  return (
    <>
      <span class="count" aria-hidden="true">
        {number(n)}
      </span>
      <span class="hidden-visually">{said}</span>
    </>
  );
}

function Who({ me }: { me: Me }) {
  return (
    <div class="who">
      <div class="who-row">
        <span class="who-name">{me.address}</span>
        <Button kind="quiet" small icon="out" alone={t("frame.sign-out")} onPress={signOut} />
      </div>
      <div class="who-row">
        <LanguagePick />
        <ThemePick />
      </div>
    </div>
  );
}

const NAMES: Record<Language, string> = { en: "English", ja: "日本語" };

export function LanguagePick() {
  const now = useLanguage();
  const other = LANGUAGES.find((one) => one !== now) ?? "en";
  return (
    <button type="button" class="button quiet small" lang={other} onClick={() => speak(other)}>
      <Icon name="globe" />
      {NAMES[other]}
    </button>
  );
}

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const LOOK: Record<Theme, IconName> = { system: "half", light: "sun", dark: "moon" };

export function ThemePick() {
  const now = useCell(theme);
  const words: Record<Theme, string> = {
    system: t("theme.system"),
    light: t("theme.light"),
    dark: t("theme.dark"),
  };
  return (
    <Button
      kind="quiet"
      small
      icon={LOOK[now]}
      alone={t("theme.now", { theme: words[now] })}
      onPress={() => wear(NEXT[now])}
    />
  );
}

/** Delivery on/off, Connections, Pending, Delivering: from left to right, as they always stood. */
function StatusBar() {
  const state = useCell(status);
  const live = useCell(connected);
  if (!state) return <section class="bar" aria-label={t("bar.label")} />;
  const on = state.delivery === "on";
  return (
    <section class="bar" aria-label={t("bar.label")}>
      <dl>
        <div class="bar-item">
          <dt>{t("bar.delivery")}</dt>
          <dd>
            <Dot tone={on ? "good" : "warn"}>{on ? t("bar.on") : t("bar.off")}</Dot>
          </dd>
        </div>
        <Figure name={t("bar.connections")} value={state.connections} />
        <Figure name={t("bar.pending")} value={state.pending} />
        <Figure name={t("bar.delivering")} value={state.delivering} />
      </dl>
      {!live && <Dot tone="warn">{t("bar.lost")}</Dot>}
    </section>
  );
}

function Figure({ name, value }: { name: string; value: number }) {
  return (
    <div class="bar-item">
      <dt>{name}</dt>
      <dd>{number(value)}</dd>
    </div>
  );
}
