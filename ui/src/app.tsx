/* Which page is shown: by the path, and by who is signed in. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { homeOf, keeper, me, steward } from "./api/me.ts";
import type { Me } from "./api/types.ts";
import { Frame } from "./frame.tsx";
import { t, useLanguage } from "./i18n/index.ts";
import { Access } from "./pages/access.tsx";
import { Aliases } from "./pages/aliases.tsx";
import { AuditPage } from "./pages/audit.tsx";
import { CoachPage } from "./pages/coach.tsx";
import { Dashboard } from "./pages/dashboard.tsx";
import { Help } from "./pages/help.tsx";
import { Invitations } from "./pages/invitations.tsx";
import { Join } from "./pages/join.tsx";
import { JourneyPage } from "./pages/journey.tsx";
import { Letters } from "./pages/letters.tsx";
import { LogPage } from "./pages/log.tsx";
import { Options } from "./pages/options/index.tsx";
import { QueuePage } from "./pages/queue.tsx";
import { ReportsPage } from "./pages/reports.tsx";
import { Self } from "./pages/self/index.tsx";
import { Setup } from "./pages/setup.tsx";
import { SignIn } from "./pages/signin.tsx";
import { UserPage } from "./pages/user/index.tsx";
import { Users } from "./pages/users.tsx";
import { Welcome } from "./pages/welcome.tsx";
import { Empty, Page } from "./parts/page.tsx";
import { Toasts } from "./parts/toast.tsx";
import { go, match, place } from "./router.ts";
import { useCell } from "./state.ts";

type Parts = Record<string, string>;

interface Row {
  path: string;
  who: (me: Me) => boolean;
  page: (parts: Parts) => ComponentChildren;
}

const anybody = () => true;

/** Every page, and who it is for. The server asks again: this only spares people dead ends. */
const PAGES: readonly Row[] = [
  { path: "/", who: steward, page: () => <Dashboard /> },
  { path: "/coach", who: keeper, page: () => <CoachPage domain="" /> },
  { path: "/coach/:domain", who: keeper, page: ({ domain }) => <CoachPage domain={domain ?? ""} /> },
  { path: "/log", who: steward, page: () => <LogPage /> },
  { path: "/options", who: steward, page: () => <Options tab="general" /> },
  { path: "/options/:tab", who: steward, page: ({ tab }) => <Options tab={tab ?? ""} /> },
  { path: "/users", who: keeper, page: () => <Users /> },
  { path: "/users/invitations", who: keeper, page: () => <Invitations /> },
  {
    path: "/users/:address",
    who: keeper,
    page: ({ address }) => <UserPage address={address ?? ""} tab="profile" />,
  },
  {
    path: "/users/:address/:tab",
    who: keeper,
    page: ({ address, tab }) => <UserPage address={address ?? ""} tab={tab ?? ""} />,
  },
  { path: "/aliases", who: keeper, page: () => <Aliases /> },
  { path: "/queue", who: steward, page: () => <QueuePage /> },
  { path: "/letters", who: keeper, page: () => <Letters own={false} /> },
  {
    path: "/letters/:trace",
    who: keeper,
    page: ({ trace }) => <JourneyPage trace={trace ?? ""} own={false} />,
  },
  { path: "/reports", who: steward, page: () => <ReportsPage /> },
  { path: "/audit", who: steward, page: () => <AuditPage /> },
  { path: "/access", who: steward, page: () => <Access /> },
  { path: "/me/letters", who: anybody, page: () => <Letters own /> },
  { path: "/me/letters/:trace", who: anybody, page: ({ trace }) => <JourneyPage trace={trace ?? ""} own /> },
  { path: "/me", who: anybody, page: () => <Self tab="profile" /> },
  { path: "/me/:tab", who: anybody, page: ({ tab }) => <Self tab={tab ?? ""} /> },
  { path: "/help", who: keeper, page: () => <Help /> },
  { path: "/setup", who: anybody, page: () => <Setup /> },
];

export function App() {
  useLanguage();
  return (
    <>
      <Shown />
      <Toasts />
    </>
  );
}

function Shown() {
  const who = useCell(me);
  const { path } = useCell(place);
  if (path === "/welcome") return <Welcome />;
  if (path === "/join") return <Join />;
  if (who === undefined) return null;
  if (who === null) return <SignIn />;
  return (
    <Frame me={who}>
      <Chosen me={who} path={path} />
    </Frame>
  );
}

function Chosen({ me: who, path }: { me: Me; path: string }) {
  const home = homeOf(who);
  const found = PAGES.map((row) => ({ row, parts: match(row.path, path) })).find((one) => one.parts);
  const astray = path === "/sign-in" || (path === "/" && home !== "/");
  useEffect(() => {
    if (astray) go(home, { replace: true });
  }, [astray, home]);
  if (astray) return null;
  if (!found?.parts || !found.row.who(who)) {
    return (
      <Page title={t("frame.nowhere")}>
        <Empty icon="search" title={t("frame.nowhere-lead")} act={<a href={home}>{t("frame.home")}</a>} />
      </Page>
    );
  }
  return <div key={kept(path)}>{found.row.page(found.parts)}</div>;
}

/** Tabs of one thing keep what was typed; another user is another page. */
function kept(path: string): string {
  const parts = path.split("/").slice(1);
  const deep = parts[0] === "users" || parts[0] === "letters" ? 2 : parts[1] === "letters" ? 3 : 1;
  return parts.slice(0, deep).join("/");
}
