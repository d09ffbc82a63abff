/* How a user gets in: a new password, app passwords, sessions. */
import { useState } from "preact/hooks";
import { post, seg } from "../../api/client.ts";
import type { User } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { AppPasswords, Sessions } from "../../parts/apps.tsx";
import { Button } from "../../parts/button.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card } from "../../parts/page.tsx";
import { NewPassword } from "../../parts/password.tsx";
import { AppsOnly, SignIns } from "../../parts/signins.tsx";
import { say } from "../../parts/toast.tsx";

export function Security({ user, then }: { user: User; then: () => void }) {
  const [password, setPassword] = useState("");
  const sending = useSending();
  const noun = `users/${seg(user.address)}`;
  const save = async () => {
    if (!(await sending.run(() => post(`${noun}/password`, { password })))) return;
    setPassword("");
    then();
    say(t("user.password-set", { address: user.address }));
  };
  return (
    <div class="stack loose">
      <Card title={t("user.new-password")} lead={t("user.new-password-lead")}>
        <Form onSubmit={save} sending={sending} fields={["password"]}>
          <NewPassword
            label={t("user.new-password")}
            value={password}
            onInput={setPassword}
            error={sending.wrong("password")}
          />
          <div>
            <Button kind="main-act" submit busy={sending.busy} disabled={!password}>
              {t("user.set-password")}
            </Button>
          </div>
        </Form>
      </Card>
      <AppsOnly on={user.app_passwords_only} path={noun} then={then} />
      <AppPasswords noun={noun} />
      <Sessions noun={noun} />
      <SignIns noun={noun} />
    </div>
  );
}
