/* The keys that a domain's letters are signed with: how each stands, the record to enter, new ones. */
import { useAsk } from "../../api/ask.ts";
import { get, post, seg } from "../../api/client.ts";
import type { SigningKey } from "../../api/types.ts";
import { ago, exact } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { useSending } from "../../parts/form.tsx";
import { Loaded, Tag } from "../../parts/page.tsx";
import type { List } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";

export function Keys({ domain }: { domain: string }) {
  const path = `domains/${seg(domain)}/keys`;
  const asked = useAsk(path, () => get<List<SigningKey>>(path));
  const sending = useSending();
  const send = async (what: "look" | "rotate") => {
    if (!(await sending.run(() => post(`${path}/${what}`)))) return;
    asked.again();
    say(t(what === "look" ? "keys.looked" : "keys.rotated"));
  };
  return (
    <Loaded of={asked} lines={4}>
      {({ items }) =>
        items.length > 0 && (
          <div class="stack tight keys">
            <h3>{t("keys.title")}</h3>
            <p class="help">{t("keys.lead")}</p>
            {items
              .filter((one) => one.state !== "retired")
              .map((one) => (
                <One key={one.selector} it={one} />
              ))}
            <div class="row">
              <Button small busy={sending.busy} onPress={() => send("look")}>
                {t("keys.look")}
              </Button>
              {!items.some((one) => one.state === "new") && (
                <Button small busy={sending.busy} onPress={() => send("rotate")}>
                  {t("keys.rotate")}
                </Button>
              )}
            </div>
          </div>
        )
      }
    </Loaded>
  );
}

function One({ it }: { it: SigningKey }) {
  const [tone, word, standing] = told(it);
  return (
    <div class="stack-small">
      <div class="row">
        <Tag tone={tone}>{word}</Tag>
        <span class="small muted">{standing}</span>
      </div>
      <div class="record">
        <Tag>TXT</Tag>
        <code>{it.name}</code>
        <Copy text={it.record} what={it.name} />
      </div>
    </div>
  );
}

/** How a key stands: the colour of its tag, the word in it, and what it means. */
function told(it: SigningKey): [tone: "" | "good" | "warn" | "bad", word: string, standing: string] {
  if (it.state === "new")
    return [
      "warn",
      t("keys.new"),
      it.missing && it.looked_at ? t("keys.missing", { when: ago(it.looked_at) }) : t("keys.waits"),
    ];
  if (it.state === "retiring")
    return ["", t("keys.retiring"), t("keys.leave", { when: exact(it.leaves_at ?? 0) })];
  if (it.missing) return ["bad", t("keys.gone"), t("keys.enter-again")];
  return ["good", t("keys.active"), t("keys.since", { when: exact(it.since) })];
}
