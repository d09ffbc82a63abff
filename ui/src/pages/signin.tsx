/* Signing in: name and password, and where somebody wants it a second factor. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { get, post } from "../api/client.ts";
import { refresh } from "../api/me.ts";
import * as passkey from "../api/passkey.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { PasswordField, TextField, Wrong } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { inWords } from "../parts/toast.tsx";
import { Gate } from "./gate.tsx";

export interface SignedIn {
  /** What else is asked for: code, passkey; none: signed in. */
  second?: string[];
}

export function SignIn() {
  const [second, setSecond] = useState<readonly string[] | null>(null);
  useEffect(() => {
    document.title = `${t("signin.title")} · Hawknest`;
  });
  return (
    <Gate>
      {second ? <Second ways={second} onOver={() => setSecond(null)} /> : <First onSecond={setSecond} />}
    </Gate>
  );
}

function First({ onSecond }: { onSecond: (ways: readonly string[]) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const enter = () =>
    sending.run(async () => {
      const answer = await post<SignedIn>("auth/sign-in", { name: name.trim(), password });
      if (answer.second?.length) onSecond(answer.second);
      else await refresh();
    });
  const problem = sending.problem;
  const join = useAsk("join", () => get<{ domains: string[] }>("sign-up"));
  return (
    <section class="card">
      <h1>{t("signin.title")}</h1>
      <Form onSubmit={enter}>
        <TextField
          label={t("signin.name")}
          value={name}
          onInput={setName}
          autocomplete="username"
          autofocus
          required
          name="name"
        />
        <PasswordField
          label={t("signin.password")}
          value={password}
          onInput={setPassword}
          autocomplete="current-password"
          required
          name="password"
        />
        {problem && <Wrong>{problem.status === 401 ? t("signin.wrong") : inWords(problem)}</Wrong>}
        <Button kind="main-act" submit wide busy={sending.busy} disabled={!name || !password}>
          {t("signin.go")}
        </Button>
      </Form>
      <p class="help">{t("signin.lost")}</p>
      {join.data && join.data.domains.length > 0 && <a href="/join">{t("join.link")}</a>}
    </section>
  );
}

export function Second({ ways, onOver }: { ways: readonly string[]; onOver: () => void }) {
  const [code, setCode] = useState("");
  const sending = useSending();
  const [failed, setFailed] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const withCode = () =>
    sending.run(async () => {
      await post("auth/second", { code: code.normalize("NFKC").replace(/\s/g, "") });
      await refresh();
    });
  const withPasskey = async () => {
    setFailed(false);
    try {
      const options = await post<PublicKeyCredentialRequestOptionsJSON>("auth/second/begin");
      await post("auth/second", { passkey: await passkey.present(options) });
      await refresh();
    } catch {
      setFailed(true);
    }
  };
  const key = ways.includes("passkey") && passkey.possible();
  const problem = sending.problem;
  return (
    <section class="card">
      <h1 ref={heading} tabIndex={-1}>
        {t("signin.second")}
      </h1>
      {key && (
        <div class="stack tight">
          <Button kind="main-act" icon="key" wide onPress={withPasskey}>
            {t("signin.passkey")}
          </Button>
          <p class="help">{t("signin.passkey-help")}</p>
          {failed && <Wrong>{t("signin.passkey-failed")}</Wrong>}
        </div>
      )}
      {key && ways.length > 1 && <p class="or">{t("signin.or")}</p>}
      {(ways.some((way) => way !== "passkey") || !key) && (
        <Form onSubmit={withCode}>
          <TextField
            label={t("signin.code")}
            help={t("signin.code-help")}
            value={code}
            onInput={setCode}
            autocomplete="one-time-code"
            autofocus
          />
          {problem && (
            <Wrong>
              {problem.status === 401 || problem.status === 422 ? t("signin.code-wrong") : inWords(problem)}
            </Wrong>
          )}
          <Button kind={key ? "plain" : "main-act"} submit wide busy={sending.busy} disabled={!code.trim()}>
            {t("signin.code-go")}
          </Button>
        </Form>
      )}
      <Button kind="quiet" onPress={onOver}>
        {t("signin.over")}
      </Button>
    </section>
  );
}
