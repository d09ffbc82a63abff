/* Options: the tabs of the original's window, each a page of its own. */
import { t } from "../../i18n/index.ts";
import { Page, Tabs } from "../../parts/page.tsx";
import { Auth } from "./auth.tsx";
import { Domains } from "./domains.tsx";
import { General } from "./general.tsx";
import { Limits } from "./limits.tsx";
import { Logging } from "./logging.tsx";
import { Ports } from "./ports.tsx";

export function Options({ tab }: { tab: string }) {
  const tabs = [
    { href: "/admin/options", text: t("options.general") },
    { href: "/admin/options/domains", text: t("options.domains") },
    { href: "/admin/options/ports", text: t("options.ports") },
    { href: "/admin/options/logging", text: t("options.logging") },
    { href: "/admin/options/auth", text: t("options.auth") },
    { href: "/admin/options/limits", text: t("options.limits") },
  ];
  const now = tab === "general" ? "/admin/options" : `/admin/options/${tab}`;
  return (
    <Page title={t("options.title")} lead={t("options.lead")}>
      <Tabs label={t("options.tabs")} tabs={tabs} now={now} />
      {tab === "domains" ? (
        <Domains />
      ) : tab === "ports" ? (
        <Ports />
      ) : tab === "logging" ? (
        <Logging />
      ) : tab === "auth" ? (
        <Auth />
      ) : tab === "limits" ? (
        <Limits />
      ) : (
        <General />
      )}
    </Page>
  );
}
