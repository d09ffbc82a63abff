/* Making an account for oneself, where the owner allows it: with an invitation, whose secret stands behind the # of its link, or by
   asking. Where nobody may, there is no such page. */
import { useEffect, useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { get, post } from "../api/client.ts";
import { t, useLanguage } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Choose, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Bones, Empty } from "../parts/page.tsx";
import { NewPassword } from "../parts/password.tsx";
import { Gate } from "./gate.tsx";

interface Open {
  domains: string[];
  local: string;
}

export function Join() {
  const [secret] = useState(() => location.hash.slice(1));
  const language = useLanguage();
  useEffect(() => {
    history.replaceState(null, "", "/join");
  }, []);
  useEffect(() => {
    document.title = `${t("join.title")} · Hawknest`;
  }, [language]);
  const asked = useAsk("join", () =>
    secret ? post<Open>("sign-up/invitation", { invitation: secret }) : get<Open>("sign-up"),
  );
  if (asked.data?.domains.length) return <Wanted open={asked.data} secret={secret} />;
  return (
    <Gate>
      <section class="card">
        {asked.busy ? (
          <Bones lines={2} />
        ) : (
          <Empty
            icon="key"
            title={secret ? t("join.dead") : asked.data ? t("join.no-secret") : t("join.closed")}
            act={<a href="/">{t("welcome.sign-in")}</a>}
          >
            {secret ? t("join.dead-lead") : asked.data ? t("join.no-secret-lead") : t("join.closed-lead")}
          </Empty>
        )}
      </section>
    </Gate>
  );
}

function Wanted({ open, secret }: { open: Open; secret: string }) {
  const language = useLanguage();
  const [name, setName] = useState("");
  const [local, setLocal] = useState(open.local);
  const [domain, setDomain] = useState(open.domains[0] ?? "");
  const [password, setPassword] = useState("");
  const [note, setNote] = useState("");
  const [made, setMade] = useState<{ address: string; waits: boolean }>();
  const sending = useSending();
  const send = () =>
    sending.run(async () => {
      const wanted = {
        address: `${local.trim()}@${domain}`,
        password,
        real_name: name.trim(),
        invitation: secret,
        language,
        note: note.trim(),
      };
      setMade(await post("sign-up", wanted));
    });
  if (made) {
    return (
      <Gate>
        <section class="card">
          <Empty
            icon="check"
            title={made.waits ? t("join.waits") : t("join.made", { address: made.address })}
            act={<a href="/">{t("signin.go")}</a>}
          >
            {made.waits ? t("join.waits-lead") : t("join.made-lead")}
          </Empty>
        </section>
      </Gate>
    );
  }
  return (
    <Gate wide>
      <section class="card">
        <div class="card-words">
          <h1>{t("join.title")}</h1>
          <p>{secret ? t("join.lead") : t("join.ask-lead")}</p>
        </div>
        <Form onSubmit={send} sending={sending} fields={["address", "password", "real_name", "note"]}>
          <TextField
            label={t("welcome.name")}
            help={t("welcome.name-help")}
            error={sending.wrong("real_name")}
            value={name}
            onInput={setName}
            autocomplete="name"
          />
          <TextField
            label={t("welcome.address")}
            help={t("welcome.address-help")}
            error={sending.wrong("address")}
            value={local}
            onInput={setLocal}
            disabled={open.local !== ""}
            autocomplete="username"
            after={<span class="suffix">@{domain}</span>}
          />
          {open.domains.length > 1 && (
            <Choose
              label={t("domains.name")}
              value={domain}
              options={open.domains.map((one) => ({ value: one, text: one }))}
              onInput={setDomain}
            />
          )}
          <NewPassword
            label={t("signin.password")}
            help={t("welcome.password-help")}
            error={sending.wrong("password")}
            value={password}
            onInput={setPassword}
            generate={false}
          />
          {!secret && (
            <TextField
              label={t("apply.note")}
              help={t("join.note-help")}
              error={sending.wrong("note")}
              value={note}
              onInput={setNote}
              rows={3}
              optional
            />
          )}
          <Button kind="main-act" submit wide busy={sending.busy} disabled={!local.trim() || !password}>
            {secret ? t("join.go") : t("join.ask")}
          </Button>
        </Form>
      </section>
    </Gate>
  );
}
