/* People who make accounts for themselves: invitations that were handed out, and who asks for an account. */
import { useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { drop, get, post, seg } from "../api/client.ts";
import type { Applicant, Domain, Invitation } from "../api/types.ts";
import { ago } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Secret } from "../parts/copy.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Choose, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Card, Loaded, Page, Tag } from "../parts/page.tsx";
import { type List, Rows } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";

export function Invitations() {
  return (
    <Page title={t("invite.title")} lead={t("invite.lead")} back={{ href: "/users", text: t("user.all") }}>
      <Applicants />
      <Handed />
    </Page>
  );
}

function Applicants() {
  const asked = useAsk("applicants", () => get<List<Applicant>>("applicants"));
  const admit = async (one: Applicant) => {
    await post(`applicants/${seg(one.id)}/admit`);
    asked.again();
    say(t("users.added", { address: one.address }));
  };
  const refuse = async (one: Applicant) => {
    await drop(`applicants/${seg(one.id)}`);
    asked.again();
    say(t("apply.refused", { address: one.address }));
  };
  return (
    <Card flush title={t("apply.title")}>
      <Loaded of={asked} lines={2}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("apply.title")}
              rows={found.items}
              id={(one) => one.id}
              columns={[
                {
                  name: "address",
                  head: t("users.address"),
                  main: true,
                  cell: (one) => (
                    <span class="row">
                      {one.address} {one.taken && <Tag tone="bad">{t("apply.taken")}</Tag>}
                    </span>
                  ),
                },
                { name: "name", head: t("users.name"), cell: (one) => one.real_name },
                { name: "note", head: t("apply.note"), cell: (one) => one.note },
                { name: "at", head: t("apply.at"), cell: (one) => ago(one.created_at) },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <div class="row end">
                      <Button small onPress={() => refuse(one)}>
                        {t("apply.refuse")}
                      </Button>
                      <Button small kind="main-act" disabled={one.taken} onPress={() => admit(one)}>
                        {t("apply.admit")}
                      </Button>
                    </div>
                  ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("apply.empty")}</p>
          )
        }
      </Loaded>
    </Card>
  );
}

function Handed() {
  const asked = useAsk("invitations", () => get<List<Invitation>>("invitations"));
  const [adding, setAdding] = useState(false);
  const remove = async (one: Invitation) => {
    await drop(`invitations/${seg(one.id)}`);
    asked.again();
    say(t("invite.removed"));
  };
  return (
    <Card
      flush
      title={t("invite.handed")}
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("invite.add")}
        </Button>
      }
    >
      <Loaded of={asked} lines={2}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("invite.handed")}
              rows={found.items}
              id={(one) => one.id}
              columns={[
                {
                  name: "for",
                  head: t("invite.for"),
                  main: true,
                  cell: (one) => (one.local ? `${one.local}@${one.domain}` : `…@${one.domain}`),
                },
                { name: "note", head: t("exempt.note"), cell: (one) => one.note },
                { name: "count", head: t("invite.count"), end: true, cell: (one) => one.count },
                { name: "until", head: t("exempt.until"), cell: (one) => ago(one.expires_at) },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={t("invite.remove")}
                      onPress={() => remove(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("invite.empty")}</p>
          )
        }
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} then={asked.again} />}
    </Card>
  );
}

function Add({ onClose, then }: { onClose: () => void; then: () => void }) {
  const domains = useAsk("domains", () => get<List<Domain>>("domains"));
  const own = (domains.data?.items ?? []).filter((one) => !one.alias_of);
  const [domain, setDomain] = useState("");
  const [local, setLocal] = useState("");
  const [note, setNote] = useState("");
  const [link, setLink] = useState("");
  const sending = useSending();
  const chosen = domain || own[0]?.name || "";
  const add = () =>
    sending.run(async () => {
      const made = await post<{ link: string }>("invitations", {
        to: local.trim() ? `${local.trim()}@${chosen}` : chosen,
        note: note.trim(),
      });
      then();
      setLink(location.origin + made.link);
    });
  if (link) {
    return (
      <Dialog title={t("invite.made")} onClose={onClose}>
        <p>{t("invite.made-lead")}</p>
        <Secret text={link} note={t("users.secret")} />
        <div class="row end">
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("invite.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["to", "note"]}>
        <Choose
          label={t("domains.name")}
          value={chosen}
          options={own.map((one) => ({ value: one.name, text: one.readable }))}
          onInput={setDomain}
        />
        <TextField
          label={t("invite.local")}
          help={t("invite.local-help")}
          error={sending.wrong("to")}
          value={local}
          onInput={setLocal}
          optional
          after={<span class="suffix">@{chosen}</span>}
        />
        <TextField
          label={t("exempt.note")}
          help={t("invite.note-help")}
          error={sending.wrong("note")}
          value={note}
          onInput={setNote}
          optional
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!chosen}>
            {t("invite.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
