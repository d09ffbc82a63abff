/* One's own password. */
import { useState } from "preact/hooks";
import { post } from "../../api/client.ts";
import type { Own } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { PasswordField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Notice } from "../../parts/page.tsx";
import { NewPassword } from "../../parts/password.tsx";
import { say } from "../../parts/toast.tsx";

export function OwnPassword({ own, then }: { own: Own; then: () => void }) {
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const sending = useSending();
  const change = async () => {
    if (!(await sending.run(() => post("me/password", { current, new: fresh })))) return;
    setCurrent("");
    setFresh("");
    then();
    say(t("self.changed"));
  };
  return (
    <Card title={t("self.password")} lead={t("self.password-lead")}>
      {!own.current_needed && <Notice title={t("self.by-link")}>{t("self.by-link-lead")}</Notice>}
      <Form onSubmit={change} sending={sending} fields={["current", "new"]}>
        <input
          class="hidden-visually"
          type="text"
          name="username"
          autocomplete="username"
          value={own.address}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        {own.current_needed && (
          <PasswordField
            label={t("self.current")}
            help={t("self.current-help")}
            error={sending.wrong("current")}
            value={current}
            onInput={setCurrent}
            autocomplete="current-password"
          />
        )}
        <NewPassword label={t("self.new")} value={fresh} onInput={setFresh} error={sending.wrong("new")} />
        <div>
          <Button
            kind="main-act"
            submit
            busy={sending.busy}
            disabled={!fresh || (own.current_needed && !current)}
          >
            {t("self.change")}
          </Button>
        </div>
      </Form>
    </Card>
  );
}
