/* Options: the tabs of the original's window, each a page of its own. */
import { t } from "../../i18n/index.ts";
import { Page, Tabs } from "../../parts/page.tsx";
import { Auth } from "./auth.tsx";
import { Certificates } from "./certificates.tsx";
import { Domains } from "./domains.tsx";
import { General } from "./general.tsx";
import { Limits } from "./limits.tsx";
import { Logging } from "./logging.tsx";
import { Ports } from "./ports.tsx";

export function Options({ tab }: { tab: string }) {
  const tabs = [
    { href: "/options", text: t("options.general") },
    { href: "/options/domains", text: t("options.domains") },
    { href: "/options/ports", text: t("options.ports") },
    { href: "/options/certificates", text: t("options.certificates") },
    { href: "/options/logging", text: t("options.logging") },
    { href: "/options/auth", text: t("options.auth") },
    { href: "/options/limits", text: t("options.limits") },
  ];
  const now = tab === "general" ? "/options" : `/options/${tab}`;
  return (
    <Page title={t("options.title")} lead={t("options.lead")}>
      <Tabs label={t("options.tabs")} tabs={tabs} now={now} />
      {tab === "domains" ? (
        <Domains />
      ) : tab === "ports" ? (
        <Ports />
      ) : tab === "certificates" ? (
        <Certificates />
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
