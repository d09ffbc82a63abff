/* One's name, language and mailbox. */
import { patch } from "../../api/client.ts";
import { me, refresh } from "../../api/me.ts";
import type { Own } from "../../api/types.ts";
import { LANGUAGES, type Language, speak, t, useLanguage } from "../../i18n/index.ts";
import { Pick, TextField } from "../../parts/field.tsx";
import { Form, SaveBar, useDraft, useSending } from "../../parts/form.tsx";
import { Card } from "../../parts/page.tsx";
import { say } from "../../parts/toast.tsx";
import { Used } from "../users.tsx";

const NAMES: Record<Language, string> = { en: "English", ja: "日本語" };

export function Profile({ own, then }: { own: Own; then: () => void }) {
  const language = useLanguage();
  const draft = useDraft({ real_name: own.real_name });
  const sending = useSending();
  const save = async () => {
    if (!(await sending.run(() => patch("me", draft.changes)))) return;
    then();
    draft.discard();
    if (me.get()) void refresh();
    say(t("part.saved"), () => patch("me", { real_name: own.real_name }).then(then));
  };
  const choose = async (chosen: Language) => {
    speak(chosen);
    await patch("me", { language: chosen });
    say(t("self.saved-language"));
  };
  return (
    <Form onSubmit={save} sending={sending} fields={["real_name"]}>
      <Card>
        <TextField
          label={t("self.name")}
          help={t("self.name-help")}
          error={sending.wrong("real_name")}
          value={draft.value.real_name}
          onInput={(value) => draft.set("real_name", value)}
          autocomplete="name"
        />
        <div class="field">
          <span class="legend">{t("self.language")}</span>
          <div>
            <Pick
              legend={t("self.language")}
              value={language}
              options={LANGUAGES.map((one) => ({ value: one, text: NAMES[one] }))}
              onInput={(one) => choose(one as Language)}
            />
          </div>
          <p class="help">{t("self.language-help")}</p>
        </div>
      </Card>
      <Card title={t("self.usage")}>
        <Used user={own} />
      </Card>
      <SaveBar draft={draft} sending={sending} />
    </Form>
  );
}
