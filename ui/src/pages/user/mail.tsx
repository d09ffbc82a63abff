/* What happens to a user's letters. */
import { patch, seg } from "../../api/client.ts";
import type { User } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Switch, TextField } from "../../parts/field.tsx";
import { Form, SaveBar, useDraft, useSending } from "../../parts/form.tsx";
import { MAIL, MailForm, mailChanges, mailFields } from "../../parts/mailform.tsx";
import { Card } from "../../parts/page.tsx";
import { say } from "../../parts/toast.tsx";

export function Mail({ user, then }: { user: User; then: () => void }) {
  const draft = useDraft({
    ...mailFields(user),
    reassemble: user.reassemble,
    imap_without: user.imap_without,
  });
  const sending = useSending();
  const save = async () => {
    const changes = mailChanges(draft.changes);
    if (!(await sending.run(() => patch(`users/${seg(user.address)}`, changes)))) return;
    const before = Object.fromEntries(Object.keys(changes).map((name) => [name, user[name as keyof User]]));
    then();
    draft.discard();
    say(t("part.saved"), async () => {
      await patch(`users/${seg(user.address)}`, before);
      then();
    });
  };
  return (
    <Form onSubmit={save} sending={sending} fields={[...MAIL, "imap_without"]}>
      <MailForm draft={draft} sending={sending} />
      <Card title={t("mail.more")}>
        <Switch
          label={t("mail.reassemble")}
          help={t("mail.reassemble-help")}
          on={draft.value.reassemble}
          onFlip={(on) => draft.set("reassemble", on)}
        />
        <TextField
          label={t("mail.without")}
          help={t("mail.without-help")}
          error={sending.wrong("imap_without")}
          value={draft.value.imap_without}
          onInput={(value) => draft.set("imap_without", value)}
          optional
        />
      </Card>
      <SaveBar draft={draft} sending={sending} />
    </Form>
  );
}
