/* Exempt addresses: who may send without a password, with a note and an end. */
import { useState } from "preact/hooks";
import type { Asked } from "../../api/ask.ts";
import { drop, post, seg } from "../../api/client.ts";
import type { Exemption } from "../../api/types.ts";
import { ago, dateTime, listed } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choose, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Empty, Loaded, Tag } from "../../parts/page.tsx";
import { type List, Rows } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";

export function Exempt({ asked }: { asked: Asked<List<Exemption>> }) {
  const [adding, setAdding] = useState(false);
  const remove = async (one: Exemption) => {
    await drop(`exempt?addresses=${seg(one.addresses)}`);
    asked.again();
    say(t("exempt.removed", { spec: one.addresses }), async () => {
      await post("exempt", {
        addresses: one.addresses,
        note: one.note,
        expires_at: one.expires_at,
        confirm: true,
      });
      asked.again();
    });
  };
  return (
    <Card
      flush
      title={t("exempt.title")}
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("exempt.add")}
        </Button>
      }
    >
      <Loaded of={asked}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("exempt.title")}
              rows={found.items}
              id={(one) => one.addresses}
              columns={[
                {
                  name: "spec",
                  head: t("exempt.spec"),
                  main: true,
                  cell: (one) => <code>{one.addresses}</code>,
                },
                { name: "note", head: t("exempt.note"), cell: (one) => <Noted one={one} /> },
                { name: "until", head: t("exempt.until"), cell: (one) => <Until at={one.expires_at} /> },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={`${t("part.remove")} ${one.addresses}`}
                      onPress={() => remove(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <Empty icon="shield" title={t("exempt.empty")}>
              {t("exempt.empty-lead")}
            </Empty>
          )
        }
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} then={asked.again} />}
    </Card>
  );
}

function Noted({ one }: { one: Exemption }) {
  return (
    <span class="cell-two">
      {one.note}
      {one.routers.length > 0 && (
        <span class="small muted">{t("exempt.router", { routers: listed(one.routers) })}</span>
      )}
    </span>
  );
}

function Until({ at }: { at: number | null }) {
  if (at === null) return <>{t("exempt.ever")}</>;
  if (at < Date.now() / 1000) return <Tag tone="warn">{t("exempt.ended")}</Tag>;
  return <span title={dateTime(at)}>{ago(at)}</span>;
}

const HOURS: Record<string, number> = { hour: 1, day: 24, week: 168 };

function Add({ onClose, then }: { onClose: () => void; then: () => void }) {
  const [spec, setSpec] = useState("");
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("day");
  const [confirmed, setConfirmed] = useState(false);
  const sending = useSending();
  const add = async () => {
    const hours = HOURS[until];
    const expires = hours ? Date.now() / 1000 + hours * 3600 : null;
    if (
      !(await sending.run(() =>
        post("exempt", {
          addresses: spec.trim(),
          note: note.trim(),
          expires_at: expires,
          confirm: confirmed,
        }),
      ))
    )
      return;
    then();
    onClose();
    say(t("exempt.added", { spec: spec.trim() }));
  };
  const spans = [
    { value: "hour", text: t("exempt.hour") },
    { value: "day", text: t("exempt.day") },
    { value: "week", text: t("exempt.week") },
    { value: "", text: t("exempt.ever") },
  ];
  return (
    <Dialog title={t("exempt.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["addresses", "note"]}>
        <TextField
          label={t("exempt.spec")}
          help={t("exempt.spec-help")}
          error={sending.wrong("addresses")}
          value={spec}
          onInput={setSpec}
          placeholder="192.168.1.7"
        />
        <TextField
          label={t("exempt.note")}
          help={t("exempt.note-help")}
          error={sending.wrong("note")}
          value={note}
          onInput={setNote}
          optional
        />
        <Choose
          label={t("exempt.until")}
          help={t("exempt.until-help")}
          value={until}
          options={spans}
          onInput={setUntil}
          short
        />
        {(sending.problem || confirmed) && (
          <label class="check">
            <input
              type="checkbox"
              checked={confirmed}
              onInput={(e) => setConfirmed(e.currentTarget.checked)}
            />
            {t("exempt.confirm")}
          </label>
        )}
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!spec.trim()}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
