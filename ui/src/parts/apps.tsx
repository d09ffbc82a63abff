/* App passwords and sessions: of oneself, or of a user one looks after. */
import { useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { drop, get, post, seg } from "../api/client.ts";
import type { AppPassword, Session } from "../api/types.ts";
import { ago, date, dateTime, listed } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Secret } from "./copy.tsx";
import { Confirm, Dialog } from "./dialog.tsx";
import { Checks, TextField } from "./field.tsx";
import { Form, useSending } from "./form.tsx";
import { Card, Loaded, Tag } from "./page.tsx";
import { type List, Rows } from "./table.tsx";
import { say } from "./toast.tsx";

const SERVICES = ["smtp", "imap", "pop3"];

/** `noun` is the path of the account: me, or users/… */
export function AppPasswords({ noun }: { noun: string }) {
  const asked = useAsk(`${noun}/app-passwords`, () => get<List<AppPassword>>(`${noun}/app-passwords`));
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<AppPassword | null>(null);
  return (
    <Card
      flush
      title={t("apps.title")}
      lead={t("apps.lead")}
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("apps.add")}
        </Button>
      }
    >
      <Loaded of={asked} lines={2}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("apps.title")}
              rows={found.items}
              id={(one) => one.label}
              columns={[
                { name: "label", head: t("apps.label"), main: true, cell: (one) => one.label },
                {
                  name: "services",
                  head: t("apps.services"),
                  cell: (one) => listed(one.services.map((name) => tOf("apps.service", name) ?? name)),
                },
                { name: "since", head: t("apps.since"), cell: (one) => date(one.created_at) },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={t("apps.remove", { label: one.label })}
                      onPress={() => setGoing(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("apps.empty")}</p>
          )
        }
      </Loaded>
      {adding && <AddApp noun={noun} onClose={() => setAdding(false)} then={asked.again} />}
      {going && (
        <Confirm
          title={t("apps.remove", { label: going.label })}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`${noun}/app-passwords/${seg(going.label)}`);
            asked.again();
            say(t("apps.removed", { label: going.label }));
          }}
        >
          <p>{t("apps.remove-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function AddApp({ noun, onClose, then }: { noun: string; onClose: () => void; then: () => void }) {
  const [label, setLabel] = useState("");
  const [services, setServices] = useState<string[]>(SERVICES);
  const [password, setPassword] = useState("");
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const made = await post<{ password: string }>(`${noun}/app-passwords`, {
        label: label.trim(),
        services,
      });
      then();
      setPassword(made.password);
    });
  if (password) {
    return (
      <Dialog title={t("apps.made", { label })} onClose={onClose}>
        <Secret text={password} note={t("apps.secret")} />
        <div class="row end">
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("apps.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["label"]}>
        <TextField
          label={t("apps.label")}
          help={t("apps.label-help")}
          error={sending.wrong("label")}
          value={label}
          onInput={setLabel}
        />
        <Checks
          legend={t("apps.services")}
          value={services}
          options={SERVICES.map((one) => ({ value: one, text: tOf("apps.service", one) ?? one }))}
          onInput={setServices}
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!label.trim() || !services.length}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** What a browser says it is, in few words. */
export function program(agent: string): string {
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent)?.[0]?.replace("Edg", "Edge");
  const system = /Windows|Android|iPhone|iPad|Mac OS X|Linux/.exec(agent)?.[0]?.replace("Mac OS X", "macOS");
  return [browser, system].filter(Boolean).join(" · ") || agent.slice(0, 60) || t("sessions.unknown");
}

function Last({ at }: { at: number }) {
  return <span title={dateTime(at)}>{ago(at)}</span>;
}

export function Sessions({ noun }: { noun: string }) {
  const asked = useAsk(`${noun}/sessions`, () => get<List<Session>>(`${noun}/sessions`));
  const own = noun === "me";
  const end = async (id: string) => {
    await drop(`${noun}/sessions/${seg(id)}`);
    asked.again();
    say(t("sessions.ended"));
  };
  const others = async () => {
    await drop("me/sessions");
    asked.again();
    say(t("sessions.ended"));
  };
  const many = (asked.data?.items.length ?? 0) > 1;
  return (
    <Card
      flush
      title={own ? t("sessions.title") : t("sessions.title-of")}
      lead={own && t("sessions.lead")}
      acts={own && many && <Button onPress={others}>{t("sessions.end-others")}</Button>}
    >
      <Loaded of={asked} lines={2}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("sessions.title")}
              rows={found.items}
              id={(one) => one.id}
              columns={[
                {
                  name: "agent",
                  head: t("sessions.agent"),
                  main: true,
                  cell: (one) => (
                    <span class="row">
                      {program(one.agent)} {one.current && <Tag tone="good">{t("sessions.this")}</Tag>}
                    </span>
                  ),
                },
                { name: "peer", head: t("sessions.from"), cell: (one) => <code>{one.peer}</code> },
                {
                  name: "used",
                  head: t("sessions.used"),
                  cell: (one) => <Last at={one.used_at ?? one.seen_at ?? one.created_at} />,
                },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) =>
                    !one.current && (
                      <Button small onPress={() => end(one.id)}>
                        {t("sessions.end")}
                      </Button>
                    ),
                },
              ]}
            />
          ) : (
            <p class="pad muted">{t("sessions.none")}</p>
          )
        }
      </Loaded>
    </Card>
  );
}
