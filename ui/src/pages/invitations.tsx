/* People who make accounts for themselves: invitations that were handed out, and who asks for an account. */
import { useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { drop, get, post, seg } from "../api/client.ts";
import { me, steward } from "../api/me.ts";
import type { Applicant, Domain, Invitation } from "../api/types.ts";
import { count } from "../api/waiting.ts";
import { ago, date } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Copy, Secret } from "../parts/copy.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Choose, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Card, Loaded, Notice, Page, Tag } from "../parts/page.tsx";
import { type List, Rows } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";
import { useCell } from "../state.ts";
import { Qr } from "./self/second.tsx";

export function Invitations() {
  const { data: open, error } = useAsk("sign-up", () => get<{ way: string; page: string }>("sign-up"));
  return (
    <Page title={t("invite.title")} lead={t("invite.lead")} back={{ href: "/users", text: t("user.all") }}>
      {error?.status === 404 && <Off />}
      {open?.way === "approved" && (
        <p>
          {t("invite.open-page")} <Copy text={open.page} what={t("invite.page")} />
        </p>
      )}
      <Applicants />
      <Handed />
    </Page>
  );
}

/** Nobody may: what is made here would open nothing. */
function Off() {
  const who = useCell(me);
  return (
    <Notice title={t("invite.off")}>
      <p>{t("invite.off-lead")}</p>
      {who && steward(who) && <a href="/options">{t("invite.off-go")}</a>}
    </Notice>
  );
}

function Applicants() {
  const asked = useAsk("applicants", () => get<List<Applicant>>("applicants"));
  const [refusing, setRefusing] = useState<Applicant>();
  const admit = async (one: Applicant) => {
    await post(`applicants/${seg(one.id)}/admit`);
    asked.again();
    void count();
    say(t("users.added", { address: one.address }));
  };
  const refuse = async (one: Applicant) => {
    await drop(`applicants/${seg(one.id)}`);
    asked.again();
    void count();
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
                    <span class="cell-two">
                      <span>
                        {one.address} {one.taken && <Tag tone="bad">{t("apply.taken")}</Tag>}
                      </span>
                      {one.taken && <span class="small muted">{t("apply.taken-help")}</span>}
                    </span>
                  ),
                },
                { name: "name", head: t("users.name"), cell: (one) => one.real_name },
                { name: "note", head: t("apply.note"), cell: (one) => one.note },
                { name: "from", head: t("apply.from"), cell: (one) => <code>{one.network}</code> },
                { name: "at", head: t("apply.at"), cell: (one) => ago(one.created_at) },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <div class="row end">
                      <Button small onPress={() => setRefusing(one)}>
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
      {refusing && (
        <Confirm
          title={t("apply.refuse-title", { address: refusing.address })}
          act={t("apply.refuse")}
          onClose={() => setRefusing(undefined)}
          onDo={() => refuse(refusing)}
        >
          <p>{t("apply.refuse-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Handed() {
  const asked = useAsk("invitations", () => get<List<Invitation>>("invitations"));
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<Invitation>();
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
                  cell: (one) => whom(one),
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
                      onPress={() => setGoing(one)}
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
      {going && (
        <Confirm
          title={t("invite.remove-title")}
          act={t("invite.remove")}
          onClose={() => setGoing(undefined)}
          onDo={() => remove(going)}
        >
          <p>
            <b>{whom(going)}</b> {going.note}
          </p>
          <p>{t("invite.remove-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

const whom = (one: Invitation) => `${one.local || "…"}@${one.domain}`;

interface Given {
  invitation: Invitation;
  page: string;
  svg: string;
}

const DAYS = ["1", "3", "7", "14", "30", "90"];

function Add({ onClose, then }: { onClose: () => void; then: () => void }) {
  const domains = useAsk("domains", () => get<List<Domain>>("domains"));
  const own = (domains.data?.items ?? []).filter((one) => !one.alias_of);
  const [domain, setDomain] = useState("");
  const [local, setLocal] = useState("");
  const [note, setNote] = useState("");
  const [days, setDays] = useState("7");
  const [accounts, setAccounts] = useState("1");
  const [given, setGiven] = useState<Given>();
  const sending = useSending();
  const chosen = domain || own[0]?.name || "";
  const add = () =>
    sending.run(async () => {
      const made = await post<Given>("invitations", {
        to: local.trim() ? `${local.trim()}@${chosen}` : chosen,
        note: note.trim(),
        days: Number(days),
        count: local.trim() ? 1 : Number(accounts.normalize("NFKC")) || 0,
      });
      then();
      setGiven(made);
    });
  if (given) return <HandOver given={given} onClose={onClose} />;
  return (
    <Dialog title={t("invite.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["to", "note", "count"]}>
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
        {!local.trim() && (
          <TextField
            label={t("invite.accounts")}
            help={t("invite.accounts-help")}
            error={sending.wrong("count")}
            value={accounts}
            onInput={setAccounts}
            inputMode="numeric"
            short
          />
        )}
        <Choose
          label={t("invite.days")}
          help={t("invite.days-help")}
          value={days}
          options={DAYS.map((one) => ({ value: one, text: one }))}
          onInput={setDays}
          short
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

/** The link, this one time. */
function HandOver({ given, onClose }: { given: Given; onClose: () => void }) {
  const { count: n, expires_at } = given.invitation;
  return (
    <Dialog title={t("invite.made")} onClose={onClose}>
      <p>
        {t("invite.made-lead")} {t("invite.good-for", { n, day: date(expires_at) })}
      </p>
      <Secret text={given.page} note={t("users.secret")} />
      <Qr svg={given.svg} alt={t("invite.qr")} />
      <div class="row end">
        <Button kind="main-act" onPress={onClose} autofocus>
          {t("part.done")}
        </Button>
      </div>
    </Dialog>
  );
}
