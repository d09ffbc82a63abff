/* Logging: which categories are written, how much, and how long it is kept. */
import { useAsk } from "../../api/ask.ts";
import { get, patch } from "../../api/client.ts";
import { readSize, typed } from "../../i18n/format.ts";
import { t, tOf } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Checks, Choose, Switch, TextField } from "../../parts/field.tsx";
import { Form, SaveBar, useDraft, useSending } from "../../parts/form.tsx";
import { Card, Loaded } from "../../parts/page.tsx";
import { say } from "../../parts/toast.tsx";

interface Settings {
  categories: string[];
  level: string;
  conversations: boolean;
  days: number;
  octets: number;
  /** Every category that there is. */
  known: string[];
}

export function Logging() {
  const asked = useAsk("logging", () => get<Settings>("log/settings"));
  return <Loaded of={asked}>{(settings) => <Written settings={settings} then={asked.again} />}</Loaded>;
}

function Written({ settings, then }: { settings: Settings; then: () => void }) {
  const { known, ...kept } = settings;
  const draft = useDraft({ ...kept, days: String(kept.days), octets: typed(kept.octets) });
  const sending = useSending();
  const now = draft.value;
  const save = async () => {
    const octets = readSize(now.octets);
    const done = await sending.run(() =>
      patch("log/settings", {
        categories: now.categories,
        level: now.level,
        conversations: now.conversations,
        days: Number(now.days),
        octets: octets ?? now.octets,
      }),
    );
    if (!done) return;
    then();
    draft.discard();
    say(t("part.saved"));
  };
  const levels = ["debug", "info", "warning", "error"].map((one) => ({
    value: one,
    text: tOf("log.lev", one) ?? one,
  }));
  return (
    <Form onSubmit={save} sending={sending} fields={["days", "octets"]}>
      <Card
        title={t("logging.title")}
        lead={t("logging.lead")}
        acts={<a href="/admin/log">{t("logging.see")}</a>}
      >
        <Checks
          legend={t("policy.log_categories")}
          value={now.categories}
          options={known.map((one) => ({ value: one, text: tOf("log.cat", one) ?? one }))}
          onInput={(value) => draft.set("categories", value)}
        />
        <div>
          <Button
            small
            disabled={now.categories.length === known.length}
            onPress={() => draft.set("categories", known)}
          >
            {t("logging.all")}
          </Button>
        </div>
        <Switch
          label={t("logging.conversations")}
          help={t("logging.conversations-help")}
          on={now.conversations}
          onFlip={(on) => draft.set("conversations", on)}
        />
        <Choose
          label={t("logging.level")}
          help={t("logging.level-help")}
          value={now.level}
          options={levels}
          onInput={(value) => draft.set("level", value)}
          short
        />
        <TextField
          label={t("logging.days")}
          help={t("logging.days-help")}
          error={sending.wrong("days")}
          value={now.days}
          onInput={(value) => draft.set("days", value)}
          inputMode="numeric"
          short
        />
        <TextField
          label={t("logging.octets")}
          help={t("logging.octets-help")}
          error={sending.wrong("octets")}
          value={now.octets}
          onInput={(value) => draft.set("octets", value)}
          short
        />
      </Card>
      <SaveBar draft={draft} sending={sending} />
    </Form>
  );
}
