/* Help: what an owner asks first, each with the way to where it is done. */
import { t } from "../i18n/index.ts";
import { Copy } from "../parts/copy.tsx";
import { Card, Page } from "../parts/page.tsx";

interface Answer {
  title: string;
  words: string;
  href: string;
  to: string;
}

export function Help() {
  const answers: Answer[] = [
    { title: t("help.in"), words: t("help.in-words"), href: "/options/domains", to: t("options.domains") },
    { title: t("help.out"), words: t("help.out-words"), href: "/queue", to: t("place.queue") },
    { title: t("help.phone"), words: t("help.phone-words"), href: "/setup", to: t("place.setup") },
    {
      title: t("help.printer"),
      words: t("help.printer-words"),
      href: "/options/auth",
      to: t("options.auth"),
    },
    { title: t("help.password"), words: t("help.password-words"), href: "/users", to: t("place.users") },
    { title: t("help.stranger"), words: t("help.stranger-words"), href: "/options/auth", to: t("may.title") },
  ];
  const words: [string, string][] = [
    ["SMTP", t("help.smtp")],
    ["IMAP", t("help.imap")],
    ["POP3", t("help.pop3")],
    ["TLS", t("help.tls")],
    ["MX", t("help.mx")],
    [t("place.aliases"), t("help.alias")],
  ];
  return (
    <Page title={t("help.title")} lead={t("help.lead")}>
      <div class="columns">
        {answers.map((one) => (
          <Card key={one.title} title={one.title}>
            <p>{one.words}</p>
            <p>
              <a href={one.href}>{one.to}</a>
            </p>
          </Card>
        ))}
      </div>
      <Card title={t("help.words")}>
        <dl class="facts">
          {words.map(([word, meaning]) => (
            <Meaning key={word} word={word} meaning={meaning} />
          ))}
        </dl>
        <p class="help">{t("help.more")}</p>
        <Copy text="hawknest --help" what="hawknest --help" />
      </Card>
    </Page>
  );
}

function Meaning({ word, meaning }: { word: string; meaning: string }) {
  return (
    <>
      <dt>{word}</dt>
      <dd>{meaning}</dd>
    </>
  );
}
