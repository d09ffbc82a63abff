/* For programs: tokens of the API, and webhooks. */
import { useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { drop, get, patch, post, seg } from "../api/client.ts";
import type { Token, Webhook } from "../api/types.ts";
import { ago, date, listed } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Secret } from "../parts/copy.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { BareSwitch, Checks, Choose, Switch, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Card, Loaded, Page } from "../parts/page.tsx";
import { type List, Rows } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";

export function Access() {
  return (
    <Page title={t("access.title")} lead={t("access.lead")}>
      <Tokens />
      <Hooks />
    </Page>
  );
}

interface Tokened extends List<Token> {
  scopes: string[];
}

function Tokens() {
  const asked = useAsk("tokens", () => get<Tokened>("tokens"));
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<Token | null>(null);
  return (
    <Card
      flush
      title={t("tokens.title")}
      lead={
        <>
          {t("tokens.lead")}{" "}
          <a href="/api/docs" target="_blank" rel="noreferrer">
            {t("tokens.docs")}
          </a>
        </>
      }
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("tokens.add")}
        </Button>
      }
    >
      <Loaded of={asked}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("tokens.title")}
              rows={found.items}
              id={(one) => one.id}
              columns={[
                { name: "label", head: t("tokens.label"), main: true, cell: (one) => one.label },
                {
                  name: "scopes",
                  head: t("tokens.scopes"),
                  cell: (one) => <code>{one.scopes.join(" ")}</code>,
                },
                {
                  name: "expires",
                  head: t("tokens.expires"),
                  cell: (one) => (one.expires_at ? date(one.expires_at) : t("part.never")),
                },
                {
                  name: "used",
                  head: t("tokens.used"),
                  cell: (one) => (one.used_at ? ago(one.used_at) : t("part.never")),
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
                      alone={t("tokens.remove", { label: one.label })}
                      onPress={() => setGoing(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("tokens.empty")}</p>
          )
        }
      </Loaded>
      {adding && asked.data && (
        <AddToken known={asked.data.scopes} onClose={() => setAdding(false)} then={asked.again} />
      )}
      {going && (
        <Confirm
          title={t("tokens.remove", { label: going.label })}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`tokens/${seg(going.id)}`);
            asked.again();
            say(t("tokens.removed", { label: going.label }));
          }}
        >
          <p>{t("tokens.remove-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function AddToken({
  known,
  onClose,
  then,
}: {
  known: readonly string[];
  onClose: () => void;
  then: () => void;
}) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState("90");
  const [made, setMade] = useState("");
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const expires = Date.now() / 1000 + Number(days) * 86_400;
      const answer = await post<{ secret: string }>("tokens", {
        label: label.trim(),
        scopes,
        expires_at: expires,
      });
      then();
      setMade(answer.secret);
    });
  if (made) {
    return (
      <Dialog title={t("tokens.made", { label })} onClose={onClose}>
        <Secret text={made} note={t("tokens.secret")} />
        <div class="row end">
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  const ends = [
    { value: "30", text: t("tokens.month") },
    { value: "90", text: t("tokens.quarter") },
    { value: "365", text: t("tokens.year") },
  ];
  return (
    <Dialog title={t("tokens.add")} wide onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["label", "scopes", "expires_at"]}>
        <TextField
          label={t("tokens.label")}
          help={t("tokens.label-help")}
          error={sending.wrong("label")}
          value={label}
          onInput={setLabel}
        />
        <Checks
          legend={t("tokens.scopes")}
          help={t("tokens.scopes-help")}
          value={scopes}
          options={known.map((one) => ({ value: one, text: one }))}
          onInput={setScopes}
        />
        <Choose
          label={t("tokens.expires")}
          help={t("tokens.expires-help")}
          value={days}
          options={ends}
          onInput={setDays}
          short
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!label.trim() || !scopes.length}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

const EVENTS = ["delivered", "bounced", "sign_in_failed"];
const eventName = (one: string) => tOf("hooks.event", one) ?? one;

function Hooks() {
  const asked = useAsk("webhooks", () => get<List<Webhook>>("webhooks"));
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<Webhook | null>(null);
  return (
    <Card
      flush
      title={t("hooks.title")}
      lead={t("hooks.lead")}
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("hooks.add")}
        </Button>
      }
    >
      <Loaded of={asked}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("hooks.title")}
              rows={found.items}
              id={(one) => String(one.id)}
              columns={[
                { name: "url", head: t("hooks.url"), main: true, cell: (one) => one.url },
                { name: "events", head: t("hooks.events"), cell: (one) => listed(one.events.map(eventName)) },
                { name: "last", head: t("hooks.last"), cell: (one) => <LastCall one={one} /> },
                {
                  name: "on",
                  head: t("hooks.on"),
                  cell: (one) => (
                    <BareSwitch
                      label={t("hooks.flip", { url: one.url })}
                      on={one.active}
                      onFlip={async (active) => {
                        await patch(`webhooks/${one.id}`, { active });
                        asked.again();
                      }}
                    />
                  ),
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
                      alone={`${t("part.remove")} ${one.url}`}
                      onPress={() => setGoing(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("hooks.empty")}</p>
          )
        }
      </Loaded>
      {adding && <AddHook onClose={() => setAdding(false)} then={asked.again} />}
      {going && (
        <Confirm
          title={t("hooks.remove")}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`webhooks/${going.id}`);
            asked.again();
            say(t("hooks.removed"));
          }}
        >
          <p>{going.url}</p>
        </Confirm>
      )}
    </Card>
  );
}

function LastCall({ one }: { one: Webhook }) {
  return (
    <span class="cell-two">
      <span>{one.answer || t("part.never")}</span>
      {one.waiting > 0 && <span class="small muted">{t("hooks.waiting", { n: one.waiting })}</span>}
    </span>
  );
}

function AddHook({ onClose, then }: { onClose: () => void; then: () => void }) {
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<string[]>([]);
  const [near, setNear] = useState(false);
  const [secret, setSecret] = useState("");
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const made = await post<{ secret: string }>("webhooks", { url: url.trim(), events, private: near });
      then();
      setSecret(made.secret);
    });
  if (secret) {
    return (
      <Dialog title={t("hooks.made")} onClose={onClose}>
        <Secret text={secret} note={t("hooks.secret")} />
        <div class="row end">
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("hooks.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["url", "events"]}>
        <TextField
          label={t("hooks.url")}
          help={t("hooks.url-help")}
          error={sending.wrong("url")}
          value={url}
          onInput={setUrl}
          type="url"
        />
        <Checks
          legend={t("hooks.events")}
          value={events}
          options={EVENTS.map((one) => ({ value: one, text: eventName(one) }))}
          onInput={setEvents}
        />
        <Switch label={t("hooks.private")} help={t("hooks.private-help")} on={near} onFlip={setNear} />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!url.trim() || !events.length}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
