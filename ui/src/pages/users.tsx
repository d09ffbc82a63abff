/* Everybody who has a mailbox here. */
import { useState } from "preact/hooks";
import { drop, path, post, seg, upload } from "../api/client.ts";
import { me } from "../api/me.ts";
import type { User } from "../api/types.ts";
import { date, size } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button, LinkButton } from "../parts/button.tsx";
import { Copy, Secret } from "../parts/copy.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { Choices, Field, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Meter } from "../parts/graph.tsx";
import { Card, Empty, Notice, Page, Tag } from "../parts/page.tsx";
import { NewPassword } from "../parts/password.tsx";
import { Table, Tools, useList } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";
import { WaitingNotice } from "../parts/waiting.tsx";
import { useCell } from "../state.ts";

type Open = "add" | "import" | User;

export const userPath = (address: string): string => `/users/${seg(address)}`;

export function Users() {
  const list = useList<User>("users", {}, 50, "address");
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const whole = useCell(me)?.domains === null;
  const add = (
    <Button kind="main-act" icon="plus" onPress={() => setOpen("add")}>
      {t("users.add")}
    </Button>
  );
  return (
    <Page
      title={t("users.title")}
      lead={t("users.lead")}
      acts={
        <>
          {whole && (
            <Button icon="upload" onPress={() => setOpen("import")}>
              {t("users.import")}
            </Button>
          )}
          {whole && (
            <LinkButton icon="download" href={path("users.csv")} download="users.csv">
              {t("users.export")}
            </LinkButton>
          )}
          <LinkButton icon="letter" href="/users/invitations">
            {t("invite.title")}
          </LinkButton>
          {add}
        </>
      }
    >
      <WaitingNotice />
      <Tools list={list} search={t("users.search")} />
      <Card flush>
        <Table
          label={t("users.title")}
          list={list}
          id={(one) => one.address}
          empty={
            <Empty icon="people" title={t("users.empty")} act={add}>
              {t("users.empty-lead")}
            </Empty>
          }
          columns={[
            {
              name: "address",
              head: t("users.address"),
              sort: "ascending",
              main: true,
              cell: (one) => <a href={userPath(one.address)}>{one.address}</a>,
            },
            { name: "name", head: t("users.name"), sort: "ascending", cell: (one) => one.real_name },
            { name: "octets", head: t("users.used"), sort: "descending", cell: (one) => <Used user={one} /> },
            { name: "state", head: t("users.state"), cell: (one) => <Tags user={one} /> },
            {
              name: "created",
              head: t("users.since"),
              sort: "ascending",
              cell: (one) => <span class="nowrap">{date(one.created_at)}</span>,
            },
            {
              name: "acts",
              head: t("part.acts"),
              acts: true,
              cell: (one) => (
                <Button
                  small
                  kind="quiet"
                  icon="trash"
                  alone={t("users.remove", { address: one.address })}
                  onPress={() => setOpen(one)}
                />
              ),
            },
          ]}
        />
      </Card>
      {open === "add" && <Add onClose={close} then={list.again} />}
      {open === "import" && <Import onClose={close} then={list.again} />}
      {open && typeof open === "object" && <RemoveUser user={open} onClose={close} then={list.again} />}
    </Page>
  );
}

export function Used({ user }: { user: User }) {
  if (!user.quota) return <>{size(user.octets)}</>;
  return (
    <div class="used">
      <span>{t("users.of", { used: size(user.octets), quota: size(user.quota) })}</span>
      <Meter part={user.octets / user.quota} label={t("users.used")} />
    </div>
  );
}

function Tags({ user }: { user: User }) {
  return (
    <span class="row">
      {user.admin && <Tag tone="accent">{t("users.admin")}</Tag>}
      {user.active ? (
        !user.has_password ? (
          <Tag tone="warn">{t("users.no-password")}</Tag>
        ) : (
          <span class="muted">{t("users.active")}</span>
        )
      ) : (
        <Tag tone="bad">{t("users.inactive")}</Tag>
      )}
      {user.forward.length > 0 && <Tag>{t("users.forwards")}</Tag>}
      {user.responder_on && <Tag>{t("users.replies")}</Tag>}
    </span>
  );
}

export function RemoveUser({ user, onClose, then }: { user: User; onClose: () => void; then: () => void }) {
  return (
    <Confirm
      title={t("users.remove", { address: user.address })}
      name={user.address}
      act={t("part.remove")}
      onClose={onClose}
      onDo={async () => {
        await drop(`users/${seg(user.address)}`);
        then();
        say(t("users.removed", { address: user.address }));
      }}
    >
      <p>{t("users.remove-words")}</p>
      <p>
        {t("user.usage")}: {size(user.octets)}
      </p>
    </Confirm>
  );
}

function Add({ onClose, then }: { onClose: () => void; then: () => void }) {
  const [address, setAddress] = useState("");
  const [name, setName] = useState("");
  const [how, setHow] = useState("made");
  const [password, setPassword] = useState("");
  const [made, setMade] = useState<{ address: string; password: string }>();
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const own = how === "own" ? password : null;
      const answer = await post<{ user: User; password: string | null }>("users", {
        address: address.trim(),
        real_name: name.trim(),
        password: own,
      });
      then();
      setMade({ address: answer.user.address, password: answer.password ?? password });
    });
  if (made) {
    return (
      <Dialog title={t("users.added", { address: made.address })} onClose={onClose}>
        <p>{t("users.added-lead")}</p>
        <Copy text={made.address} what={t("users.address")} />
        <Secret text={made.password} note={t("users.secret")} />
        <div class="row end">
          <LinkButton href={userPath(made.address)}>{t("part.edit")}</LinkButton>
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  const ways = [
    { value: "made", text: t("users.password-made"), help: t("users.password-made-help") },
    { value: "own", text: t("users.password-own"), help: t("users.password-own-help") },
  ];
  return (
    <Dialog title={t("users.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["address", "real_name", "password"]}>
        <TextField
          label={t("users.address")}
          help={t("users.address-help")}
          error={sending.wrong("address")}
          value={address}
          onInput={setAddress}
          placeholder="tom@example.org"
          autocomplete="off"
        />
        <TextField
          label={t("users.name")}
          help={t("users.name-help")}
          error={sending.wrong("real_name")}
          value={name}
          onInput={setName}
          optional
          autocomplete="off"
        />
        <Choices legend={t("users.password-how")} value={how} options={ways} onInput={setHow} />
        {how === "own" && (
          <NewPassword
            label={t("signin.password")}
            error={sending.wrong("password")}
            value={password}
            onInput={setPassword}
          />
        )}
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button
            kind="main-act"
            submit
            busy={sending.busy}
            disabled={!address.trim() || (how === "own" && !password)}
          >
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

interface Outcome {
  added: string[];
}

function Import({ onClose, then }: { onClose: () => void; then: () => void }) {
  const [text, setText] = useState("");
  const [would, setWould] = useState<string[]>();
  const sending = useSending();
  const send = (dry: boolean) => upload<Outcome>("users/import", text, "text/csv", dry ? { dry_run: 1 } : {});
  const go = () =>
    sending.run(async () => {
      if (!would) return setWould((await send(true)).added);
      const { added } = await send(false);
      then();
      onClose();
      return say(t("import.done", { n: added.length }));
    });
  return (
    <Dialog title={t("import.title")} wide onClose={onClose}>
      <Form onSubmit={go} sending={sending}>
        <p class="help">{t("import.lead")}</p>
        <Field label={t("import.file")}>
          {(bound) => (
            <input
              {...bound}
              class="input"
              type="file"
              accept=".csv,text/csv"
              onInput={async (event) => {
                const file = event.currentTarget.files?.[0];
                setWould(undefined);
                sending.clear();
                setText(file ? await file.text() : "");
              }}
            />
          )}
        </Field>
        {would && (
          <Notice tone="good" title={t("import.would", { n: would.length })}>
            <p class="clip">{would.slice(0, 200).join(", ")}</p>
          </Notice>
        )}
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!text || would?.length === 0}>
            {would ? t("import.go", { n: would.length }) : t("import.try")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
