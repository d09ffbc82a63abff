/* Everybody's own account. */
import { useAsk } from "../../api/ask.ts";
import { get } from "../../api/client.ts";
import type { Own } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { AppPasswords, Sessions } from "../../parts/apps.tsx";
import { HeldLetters } from "../../parts/held.tsx";
import { Loaded, Page, Tabs } from "../../parts/page.tsx";
import { AppsOnly, SignIns } from "../../parts/signins.tsx";
import { OwnMail } from "./mail.tsx";
import { OwnPassword } from "./password.tsx";
import { Profile } from "./profile.tsx";
import { SecondStep } from "./second.tsx";

export function Self({ tab }: { tab: string }) {
  const asked = useAsk("me", () => get<Own>("me"));
  const tabs = [
    { href: "/me", text: t("self.profile") },
    { href: "/me/mail", text: t("self.mail") },
    { href: "/me/security", text: t("self.security") },
    { href: "/me/devices", text: t("self.devices") },
    { href: "/me/held", text: t("held.title") },
  ];
  return (
    <Page title={t("self.title")} lead={asked.data?.address}>
      <Tabs label={t("self.tabs")} tabs={tabs} now={tab === "profile" ? "/me" : `/me/${tab}`} />
      <Loaded of={asked} lines={6}>
        {(own) =>
          tab === "mail" ? (
            <OwnMail own={own} then={asked.again} />
          ) : tab === "security" ? (
            <div class="stack loose">
              <OwnPassword own={own} then={asked.again} />
              <SecondStep own={own} then={asked.again} />
            </div>
          ) : tab === "held" ? (
            <HeldLetters noun="me" />
          ) : tab === "devices" ? (
            <div class="stack loose">
              <AppsOnly on={own.app_passwords_only} path="me" then={asked.again} />
              <AppPasswords noun="me" />
              <Sessions noun="me" />
              <SignIns noun="me" />
            </div>
          ) : (
            <Profile own={own} then={asked.again} />
          )
        }
      </Loaded>
    </Page>
  );
}
