/* Behind a one-time link: it signs in, and in a new nest asks for the few things that a mail server must know. The token is in
   the fragment of the address, which no browser sends anywhere; the page posts it and clears it. */
import { useEffect, useState } from "preact/hooks";
import { post } from "../api/client.ts";
import { me, refresh } from "../api/me.ts";
import { LANGUAGES, type Language, speak, t, useLanguage } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Pick, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Bones, Empty } from "../parts/page.tsx";
import { NewPassword } from "../parts/password.tsx";
import { go } from "../router.ts";
import { Gate } from "./gate.tsx";
import { Second, type SignedIn } from "./signin.tsx";

interface Opened extends SignedIn {
  /** There: the nest is new, and this is what it knows already. */
  welcome?: { address: string; domain: string; name: string };
}

export function Welcome() {
  const language = useLanguage();
  const [token] = useState(() => location.hash.slice(1));
  const [opened, setOpened] = useState<Opened | "dead" | null>(null);
  useEffect(() => {
    history.replaceState(null, "", "/welcome");
    post<Opened>("auth/link", { token })
      .then(async (answer) => {
        setOpened(answer);
        if (!answer.welcome && !answer.second?.length) await arrive("/me/security");
      })
      .catch(() => setOpened("dead"));
  }, [token]);
  useEffect(() => {
    document.title = `${t("welcome.title")} · Hawknest`;
  }, [language]);
  if (opened === null) {
    return (
      <Gate>
        <section class="card">
          <h1>{t("welcome.opening")}</h1>
          <Bones lines={2} />
        </section>
      </Gate>
    );
  }
  if (opened === "dead") return <Dead />;
  if (opened.welcome) return <First known={opened.welcome} token={token} />;
  if (opened.second?.length) {
    return (
      <Gate>
        <Second ways={opened.second} onOver={() => go("/")} />
      </Gate>
    );
  }
  return null;
}

/** Who comes by a link has mostly forgotten the password, and can choose a new one now. */
async function arrive(where: string): Promise<void> {
  await refresh();
  go(where, { replace: true });
}

function Dead() {
  return (
    <Gate>
      <section class="card">
        <Empty icon="key" title={t("welcome.dead")} act={<a href="/">{t("welcome.sign-in")}</a>}>
          {t("welcome.dead-lead")}
        </Empty>
      </section>
    </Gate>
  );
}

const NAMES: Record<Language, string> = { en: "English", ja: "日本語" };

function First({
  known,
  token,
}: {
  known: { address: string; domain: string; name: string };
  token: string;
}) {
  const language = useLanguage();
  const [name, setName] = useState(known.name);
  const [local, setLocal] = useState(known.address.split("@")[0] ?? "");
  const [domain, setDomain] = useState(known.domain);
  const [password, setPassword] = useState("");
  const sending = useSending();
  const begin = async () => {
    const done = await sending.run(() =>
      post("welcome", {
        token,
        language,
        name: name.trim(),
        address: local.trim(),
        domain: domain.trim(),
        password,
      }),
    );
    if (!done) return;
    localStorage.setItem("hawknest-steps", "open");
    me.set(undefined);
    await arrive("/");
  };
  return (
    <Gate wide>
      <section class="card">
        <div class="card-words">
          <h1>{t("welcome.title")}</h1>
          <p>{t("welcome.lead")}</p>
        </div>
        <Form onSubmit={begin} sending={sending} fields={["name", "domain", "address", "password"]}>
          <div>
            <Pick
              legend={t("welcome.language")}
              value={language}
              options={LANGUAGES.map((one) => ({ value: one, text: NAMES[one] }))}
              onInput={(one) => speak(one as Language)}
            />
          </div>
          <TextField
            label={t("welcome.name")}
            help={t("welcome.name-help")}
            error={sending.wrong("name")}
            value={name}
            onInput={setName}
            autocomplete="name"
            autofocus
          />
          <TextField
            label={t("welcome.domain")}
            help={t("welcome.domain-help")}
            error={sending.wrong("domain")}
            value={domain}
            onInput={setDomain}
          />
          <TextField
            label={t("welcome.address")}
            help={t("welcome.address-help")}
            error={sending.wrong("address")}
            value={local}
            onInput={setLocal}
            autocomplete="username"
            after={<span class="suffix">@{domain}</span>}
          />
          <NewPassword
            label={t("signin.password")}
            help={t("welcome.password-help")}
            error={sending.wrong("password")}
            value={password}
            onInput={setPassword}
            generate={false}
          />
          <Button kind="main-act" submit wide busy={sending.busy} disabled={!local || !domain || !password}>
            {t("welcome.start")}
          </Button>
        </Form>
      </section>
    </Gate>
  );
}
