/* Who a user is here: name, active, quota, what they administer, which addresses lead to them. */
import { useState } from "preact/hooks";
import { useAsk } from "../../api/ask.ts";
import { get, Problem, patch, post, seg } from "../../api/client.ts";
import { me } from "../../api/me.ts";
import type { Domain, User, Whole } from "../../api/types.ts";
import { readSize, typed } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Checks, Switch, TextField } from "../../parts/field.tsx";
import { Form, SaveBar, useDraft, useSending } from "../../parts/form.tsx";
import { Card, Tag } from "../../parts/page.tsx";
import type { List } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";
import { go } from "../../router.ts";
import { useCell } from "../../state.ts";
import { RemoveUser, Used } from "../users.tsx";

/** A size as it was typed, or the complaint that it is none. */
function sized(text: string, field: string): number {
  const found = readSize(text);
  if (found === null) throw new Problem(422, "", t("options.range"), field);
  return found;
}

export function Account({ whole: known, then }: { whole: Whole; then: () => void }) {
  const { user } = known;
  const draft = useDraft({
    real_name: user.real_name,
    active: user.active,
    admin: user.admin,
    quota: typed(user.quota),
    message_limit: typed(user.message_limit),
    admin_domains: known.admin_domains,
  });
  const sending = useSending();
  const [going, setGoing] = useState(false);
  const whole = useCell(me)?.domains === null;
  const domains = useAsk(whole ? "domains" : null, () => get<List<Domain>>("domains"));
  const now = draft.value;
  const save = async () => {
    const done = await sending.run(async () => {
      const { quota, message_limit, ...rest } = draft.changes;
      const changes = {
        ...rest,
        ...(quota !== undefined && { quota: sized(quota, "quota") }),
        ...(message_limit !== undefined && { message_limit: sized(message_limit, "message_limit") }),
      };
      const before = Object.fromEntries(
        Object.keys(changes).map((name) => [
          name,
          name === "admin_domains" ? known.admin_domains : user[name as keyof User],
        ]),
      );
      await patch(`users/${seg(user.address)}`, changes);
      say(t("part.saved"), async () => {
        await patch(`users/${seg(user.address)}`, before);
        then();
      });
    });
    if (!done) return;
    then();
    draft.discard();
  };
  return (
    <div class="stack loose">
      <Form
        onSubmit={save}
        sending={sending}
        fields={["real_name", "quota", "message_limit", "admin_domains"]}
      >
        <Card>
          <TextField
            label={t("users.name")}
            help={t("users.name-help")}
            error={sending.wrong("real_name")}
            value={now.real_name}
            onInput={(value) => draft.set("real_name", value)}
          />
          <Switch
            label={t("user.active")}
            help={t("user.active-help")}
            on={now.active}
            onFlip={(on) => draft.set("active", on)}
          />
          {whole && (
            <Switch
              label={t("user.admin")}
              help={t("user.admin-help")}
              on={now.admin}
              onFlip={(on) => draft.set("admin", on)}
            />
          )}
          {whole && !now.admin && domains.data && (
            <Checks
              legend={t("user.domains")}
              help={t("user.domains-help")}
              value={now.admin_domains}
              options={domains.data.items
                .filter((one) => !one.alias_of)
                .map((one) => ({ value: one.name, text: one.readable }))}
              onInput={(value) => draft.set("admin_domains", value)}
            />
          )}
        </Card>
        <Card title={t("user.usage")}>
          <Used user={user} />
          <div class="columns tight">
            <TextField
              label={t("user.quota")}
              help={t("user.quota-help")}
              error={sending.wrong("quota")}
              value={now.quota}
              onInput={(value) => draft.set("quota", value)}
              short
            />
            <TextField
              label={t("user.message-limit")}
              help={t("user.message-limit-help")}
              error={sending.wrong("message_limit")}
              value={now.message_limit}
              onInput={(value) => draft.set("message_limit", value)}
              short
            />
          </div>
        </Card>
        <SaveBar draft={draft} sending={sending} />
      </Form>
      <Reached user={user} aliases={known.aliases} />
      <Card title={t("user.danger")} lead={t("users.remove-words")}>
        <div>
          <Button kind="danger-quiet" icon="trash" onPress={() => setGoing(true)}>
            {t("part.remove")}
          </Button>
        </div>
      </Card>
      {going && <RemoveUser user={user} onClose={() => setGoing(false)} then={() => go("/users")} />}
    </div>
  );
}

function Reached({ user, aliases }: { user: User; aliases: readonly string[] }) {
  const domain = user.address.slice(user.address.lastIndexOf("@") + 1);
  const lead = async () => {
    await post(`domains/${seg(domain)}/roles`, { target: user.address });
    say(t("user.roles-done", { address: user.address }));
  };
  return (
    <Card title={t("user.aliases")} acts={<a href="/aliases">{t("place.aliases")}</a>}>
      {aliases.length ? (
        <div class="row">
          {aliases.map((one) => (
            <Tag key={one}>{one}</Tag>
          ))}
        </div>
      ) : (
        <p class="muted">{t("user.no-aliases")}</p>
      )}
      <div class="stack tight">
        <h3>{t("user.roles")}</h3>
        <p class="help">{t("user.roles-lead", { domain })}</p>
        <div>
          <Button onPress={lead}>{t("user.roles-go")}</Button>
        </div>
      </div>
    </Card>
  );
}
