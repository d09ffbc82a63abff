/* What happens to one's own letters. */
import { patch } from "../../api/client.ts";
import type { Own } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Form, SaveBar, useDraft, useSending } from "../../parts/form.tsx";
import { MAIL, MailForm, mailChanges, mailFields } from "../../parts/mailform.tsx";
import { say } from "../../parts/toast.tsx";

export function OwnMail({ own, then }: { own: Own; then: () => void }) {
  const draft = useDraft(mailFields(own));
  const sending = useSending();
  const save = async () => {
    const changes = mailChanges(draft.changes);
    if (!(await sending.run(() => patch("me", changes)))) return;
    const before = Object.fromEntries(Object.keys(changes).map((name) => [name, own[name as keyof Own]]));
    then();
    draft.discard();
    say(t("part.saved"), () => patch("me", before).then(then));
  };
  return (
    <Form onSubmit={save} sending={sending} fields={MAIL}>
      <MailForm draft={draft} sending={sending} />
      <SaveBar draft={draft} sending={sending} />
    </Form>
  );
}
