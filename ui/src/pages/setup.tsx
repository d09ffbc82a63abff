/* What a mail program has to be told, exactly, for who is signed in; good to print. */
import { useAsk } from "../api/ask.ts";
import { get } from "../api/client.ts";
import type { SettingLine, SetupSheet } from "../api/types.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button, LinkButton } from "../parts/button.tsx";
import { Copy } from "../parts/copy.tsx";
import { Card, Loaded, Notice, Page, Tag } from "../parts/page.tsx";
import { Rows } from "../parts/table.tsx";
import { Qr } from "./self/second.tsx";

export function Setup() {
  const asked = useAsk("setup", () => get<SetupSheet>("me/setup"));
  return (
    <Page
      title={t("setup.title")}
      lead={t("setup.lead")}
      acts={
        <Button icon="print" onPress={() => window.print()}>
          {t("setup.print")}
        </Button>
      }
    >
      <Loaded of={asked}>{(sheet) => <Sheet sheet={sheet} />}</Loaded>
    </Page>
  );
}

function Sheet({ sheet }: { sheet: SetupSheet }) {
  const reading = sheet.items.filter((one) => one.protocol !== "smtp");
  const sending = sheet.items.filter((one) => one.protocol === "smtp");
  const best = [reading[0], sending[0]].filter((one) => one !== undefined);
  const others = sheet.items.filter((one) => !best.includes(one));
  return (
    <>
      {sheet.local && (
        <Notice title={t("setup.local")}>
          <p>{t("setup.local-lead")}</p>
        </Notice>
      )}
      {sheet.self_signed && (
        <Notice tone="warn" title={t("setup.self-signed")}>
          <p>{t("setup.self-signed-lead")}</p>
        </Notice>
      )}
      {best.length ? (
        <div class="columns">
          {best.map((one) => (
            <Values key={one.service} one={one} />
          ))}
        </div>
      ) : (
        <Notice tone="warn">{t("setup.nothing")}</Notice>
      )}
      <div class="columns three no-print">
        {!sheet.local && (
          <Card title={t("setup.phone")} lead={t("setup.phone-lead")}>
            <Qr svg={sheet.svg} alt={t("setup.qr")} />
          </Card>
        )}
        <Card title={t("setup.apple")} lead={t("setup.apple-lead")}>
          <div>
            <LinkButton icon="download" href={sheet.mobileconfig} download="hawknest.mobileconfig">
              {t("setup.apple-go")}
            </LinkButton>
          </div>
        </Card>
        <Card title={t("setup.thunderbird")}>
          <p>{t("setup.thunderbird-lead")}</p>
          <Copy text={sheet.address} what={t("users.address")} />
        </Card>
      </div>
      {others.length > 0 && (
        <section class="stack no-print">
          <h2>{t("setup.other")}</h2>
          <Card flush>
            <Rows
              label={t("setup.other")}
              rows={others}
              id={(one) => one.service}
              columns={[
                {
                  name: "protocol",
                  head: t("setup.kind"),
                  main: true,
                  cell: (one) =>
                    one.protocol === "smtp"
                      ? t("setup.sending")
                      : `${t("setup.reading")} (${one.protocol.toUpperCase()})`,
                },
                { name: "host", head: t("setup.server"), cell: (one) => <code>{one.host}</code> },
                { name: "port", head: t("setup.port"), cell: (one) => <code>{one.port}</code> },
                {
                  name: "tls",
                  head: t("setup.security"),
                  cell: (one) => tOf("setup.tls", one.tls) ?? one.tls,
                },
              ]}
            />
          </Card>
        </section>
      )}
      {sheet.records.length > 0 && !sheet.local && (
        <Card title={t("setup.records")} lead={t("setup.records-lead")}>
          <pre class="said">{sheet.records.join("\n")}</pre>
        </Card>
      )}
    </>
  );
}

function Values({ one }: { one: SettingLine }) {
  const sends = one.protocol === "smtp";
  return (
    <Card
      title={
        <span class="row">
          {sends ? t("setup.sending") : t("setup.reading")} <Tag tone="good">{t("setup.best")}</Tag>
        </span>
      }
      lead={tOf("setup.protocol", one.protocol) ?? one.protocol}
    >
      <dl class="facts">
        <dt>{t("setup.server")}</dt>
        <dd>
          <Copy text={one.host} what={t("setup.server")} />
        </dd>
        <dt>{t("setup.port")}</dt>
        <dd>
          <Copy text={String(one.port)} what={t("setup.port")} />
        </dd>
        <dt>{t("setup.security")}</dt>
        <dd>{tOf("setup.tls", one.tls) ?? one.tls}</dd>
        <dt>{t("setup.user")}</dt>
        <dd>
          <Copy text={one.user} what={t("setup.user")} />
        </dd>
        <dt>{t("setup.password")}</dt>
        <dd>{t("setup.password-is")}</dd>
      </dl>
    </Card>
  );
}
