/* The log of sign-ins, and what mail programs may sign in with: of oneself, or of a user one looks after. */
import { asProblem } from "../api/ask.ts";
import { patch } from "../api/client.ts";
import type { SignIn } from "../api/types.ts";
import { ago, dateTime, number } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Switch } from "./field.tsx";
import { Card, Dot, Empty } from "./page.tsx";
import { Table, useList } from "./table.tsx";
import { grumble, say } from "./toast.tsx";

/** `noun` is the path of the account: me, or users/… */
export function SignIns({ noun }: { noun: string }) {
  const list = useList<SignIn>(`${noun}/sign-ins`, {}, 10);
  return (
    <Card flush title={t("signins.title")} lead={t("signins.lead")}>
      <Table
        label={t("signins.title")}
        list={list}
        id={(one) => [one.service, one.network, one.credential, one.result, one.first_at].join(" ")}
        empty={<Empty icon="shield" title={t("signins.empty")} />}
        columns={[
          {
            name: "when",
            head: t("signins.when"),
            main: true,
            cell: (one) => (
              <span class="cell-two">
                <span title={dateTime(one.last_at)}>{ago(one.last_at)}</span>
                {one.count > 1 && (
                  <span class="small muted">{t("signins.times", { n: number(one.count) })}</span>
                )}
              </span>
            ),
          },
          {
            name: "result",
            head: t("signins.result"),
            cell: (one) => (
              <Dot tone={one.result ? "bad" : "good"}>
                {tOf("signins.why", one.result || "in") ?? one.result}
              </Dot>
            ),
          },
          {
            name: "for",
            head: t("signins.for"),
            cell: (one) => (
              <span class="cell-two">
                <span>{tOf("signins.service", one.service) ?? one.service}</span>
                {one.credential && <span class="small muted">{means(one.credential)}</span>}
              </span>
            ),
          },
          {
            name: "from",
            head: t("signins.from"),
            cell: (one) => (
              <span class="cell-two">
                <span class="num">{one.peer}</span>
                <span class="small muted num">
                  {one.network === "loopback" ? t("signins.here") : one.network}
                </span>
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}

/** What it was done with, in words. */
const means = (credential: string): string =>
  credential.startsWith("app:")
    ? t("signins.app", { label: credential.slice(4) })
    : (tOf("signins.with", credential) ?? credential);

/** Whether mail programs need app passwords; `path` is what is changed. */
export function AppsOnly(props: { on: boolean; path: string; then: () => void }) {
  const flip = async (on: boolean) => {
    try {
      await patch(props.path, { app_passwords_only: on });
      props.then();
      say(t("part.saved"), () => patch(props.path, { app_passwords_only: !on }).then(props.then));
    } catch (error) {
      grumble(asProblem(error));
    }
  };
  return (
    <Card>
      <Switch label={t("appsonly.title")} help={t("appsonly.help")} on={props.on} onFlip={flip} />
    </Card>
  );
}
