/* One user: the account, the mail, the ways to sign in. */
import { useAsk } from "../../api/ask.ts";
import { get, seg } from "../../api/client.ts";
import type { Whole } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { HeldLetters } from "../../parts/held.tsx";
import { Bones, Failed, Page, Tabs } from "../../parts/page.tsx";
import { userPath } from "../users.tsx";
import { Account } from "./account.tsx";
import { Mail } from "./mail.tsx";
import { Security } from "./security.tsx";

export function UserPage({ address, tab }: { address: string; tab: string }) {
  const asked = useAsk(`users/${address}`, () => get<Whole>(`users/${seg(address)}`));
  const base = userPath(address);
  const tabs = [
    { href: base, text: t("user.profile") },
    { href: `${base}/mail`, text: t("user.mail") },
    { href: `${base}/security`, text: t("user.security") },
    { href: `${base}/letters`, text: t("held.title") },
  ];
  const whole = asked.data;
  const user = whole?.user;
  return (
    <Page
      title={user?.real_name || address}
      lead={user?.real_name ? address : undefined}
      back={{ href: "/users", text: t("user.all") }}
    >
      <Tabs label={t("user.tabs")} tabs={tabs} now={tab === "profile" ? base : `${base}/${tab}`} />
      {whole && user ? (
        tab === "mail" ? (
          <Mail user={user} then={asked.again} />
        ) : tab === "letters" ? (
          <HeldLetters noun={`users/${seg(address)}`} />
        ) : tab === "security" ? (
          <Security user={user} then={asked.again} />
        ) : (
          <Account whole={whole} then={asked.again} />
        )
      ) : asked.error ? (
        <Failed problem={asked.error} again={asked.again} />
      ) : (
        <Bones lines={6} />
      )}
    </Page>
  );
}
