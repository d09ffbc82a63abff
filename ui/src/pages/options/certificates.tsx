/* Certificates: whether they come by themselves, from whom, until when they are good, and what is wrong. */
import { useEffect, useState } from "preact/hooks";
import { type Asked, useAsk } from "../../api/ask.ts";
import { get, post } from "../../api/client.ts";
import { date, dateTime, listed } from "../../i18n/format.ts";
import { language, t, tOf } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Choices, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Dot, type DotTone, Loaded, Notice, Tag } from "../../parts/page.tsx";
import { Rows } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";

interface Trouble {
  kind: string;
  name: string;
  detail: string;
  words: Record<string, string>;
  help: Record<string, string>;
}

interface One {
  subject: string;
  authority: string;
  state: "good" | "ending" | "over" | "none";
  shown: boolean;
  trial: boolean;
  names: string[];
  wanted: string[];
  ends_at: number | null;
  renew_at: number | null;
  tlsa: string;
  next_tlsa: string;
  problem: Trouble | null;
}

interface Standing {
  on: boolean;
  authority: string;
  agreed_at: number | null;
  contact: string;
  own: { kind: "files" | "self-signed"; shown: boolean; names: string[]; ends_at: number; tlsa: string };
  certificates: One[];
}

const KNOWN = ["letsencrypt", "staging"];
const TONES: Record<One["state"], DotTone> = { good: "good", ending: "warn", over: "bad", none: "off" };
const LOOK = 3000;

function called(authority: string): string {
  if (authority === "letsencrypt") return t("cert.letsencrypt");
  return authority === "staging" ? t("cert.staging") : authority;
}

/** Whether something is about to come: then the page looks again by itself. */
const moving = (found: Standing | undefined) =>
  found?.on === true &&
  (!found.certificates.length ||
    found.certificates.some((one) => one.wanted.length && (one.renew_at ?? 0) < Date.now() / 1000));

export function Certificates() {
  const asked = useAsk("certificates", () => get<Standing>("certificates"));
  const [choosing, setChoosing] = useState(false);
  useEffect(() => {
    if (!moving(asked.data)) return;
    const timer = setTimeout(asked.again, LOOK);
    return () => clearTimeout(timer);
  }, [asked.data]);
  return (
    <div class="stack loose">
      <Card title={t("cert.title")} lead={t("cert.lead")}>
        <Loaded of={asked} lines={2}>
          {(found) => <State found={found} asked={asked} choose={() => setChoosing(true)} />}
        </Loaded>
      </Card>
      <Loaded of={asked}>
        {(found) => (
          <>
            <Listed found={found} />
            <Records found={found} />
          </>
        )}
      </Loaded>
      {choosing && (
        <Switching
          now={asked.data?.authority || "letsencrypt"}
          contact={asked.data?.contact ?? ""}
          onClose={() => setChoosing(false)}
          then={asked.put}
        />
      )}
    </div>
  );
}

function State({ found, asked, choose }: { found: Standing; asked: Asked<Standing>; choose: () => void }) {
  const { own } = found;
  const alone = own.kind === "self-signed" && own.shown;
  return (
    <div class="stack">
      {found.on ? (
        <Notice tone="good">
          {t("cert.is-on", { ca: called(found.authority) })}{" "}
          {found.agreed_at && t("cert.agreed", { at: date(found.agreed_at) })}
        </Notice>
      ) : (
        <Notice tone={alone ? "warn" : "info"}>{alone ? t("cert.is-off") : t("cert.is-off-quiet")}</Notice>
      )}
      {own.kind === "files" && (
        <Notice>{t("cert.files", { names: listed(own.names), at: date(own.ends_at) })}</Notice>
      )}
      {found.on && alone && <Notice>{t("cert.self-signed")}</Notice>}
      <div class="row">
        <Button kind={found.on ? "plain" : "main-act"} onPress={choose}>
          {found.on ? t("cert.other") : t("cert.on")}
        </Button>
        {found.on && (
          <Button
            icon="refresh"
            onPress={async () => {
              asked.put(await post<Standing>("certificates/renew"));
              say(t("cert.asked"));
            }}
          >
            {t("cert.renew")}
          </Button>
        )}
        {found.on && (
          <Button
            kind="quiet"
            onPress={async () => {
              asked.put(await post<Standing>("certificates/off"));
              say(t("cert.off-done"));
            }}
          >
            {t("cert.off")}
          </Button>
        )}
      </div>
    </div>
  );
}

function Listed({ found }: { found: Standing }) {
  if (!found.certificates.length) return null;
  return (
    <Card flush title={t("cert.list")}>
      <Rows
        label={t("cert.list")}
        rows={found.certificates}
        id={(one) => `${one.subject} ${one.authority}`}
        columns={[
          {
            name: "subject",
            head: t("cert.subject"),
            main: true,
            cell: (one) => (
              <span class="row">
                {one.subject} {one.trial && <Tag tone="warn">{t("cert.trial")}</Tag>}
              </span>
            ),
          },
          {
            name: "names",
            head: t("cert.names"),
            cell: (one) => listed(one.names.length ? one.names : one.wanted),
          },
          {
            name: "state",
            head: t("cert.state"),
            cell: (one) => (
              <Dot tone={one.problem && one.state === "none" ? "bad" : TONES[one.state]}>
                {tOf("cert.state", one.state, { at: one.ends_at ? date(one.ends_at) : "" })}
              </Dot>
            ),
          },
          {
            name: "next",
            head: t("cert.next"),
            cell: (one) => (one.renew_at ? dateTime(one.renew_at) : ""),
          },
        ]}
      />
      {found.certificates.map((one) => one.problem && <Wrong key={one.subject} one={one} of={one.problem} />)}
    </Card>
  );
}

function Wrong({ one, of }: { one: One; of: Trouble }) {
  const words = (told: Record<string, string>) => told[language.get()] ?? told.en;
  return (
    <Notice tone={one.state === "good" ? "warn" : "bad"} title={t("cert.problem", { subject: one.subject })}>
      <p>{words(of.words)}</p>
      <p>{words(of.help)}</p>
      {of.detail && <p class="help">{t("cert.detail", { words: of.detail })}</p>}
      {one.renew_at && <p class="help">{t("cert.again", { at: dateTime(one.renew_at) })}</p>}
    </Notice>
  );
}

function Records({ found }: { found: Standing }) {
  const host = found.certificates.find((one) => one.shown);
  const values = found.own.shown ? [found.own.tlsa] : host ? [host.tlsa, host.next_tlsa] : [];
  return (
    <Card title={t("cert.tlsa")} lead={t("cert.tlsa-lead")}>
      {values.filter(Boolean).map((value) => (
        <Copy key={value} text={value} what={t("cert.tlsa")} />
      ))}
    </Card>
  );
}

function Switching(props: {
  now: string;
  contact: string;
  onClose: () => void;
  then: (found: Standing) => void;
}) {
  const [choice, setChoice] = useState(KNOWN.includes(props.now) ? props.now : "address");
  const [directory, setDirectory] = useState(KNOWN.includes(props.now) ? "" : props.now);
  const [contact, setContact] = useState(props.contact);
  const [terms, setTerms] = useState<string>();
  const [agreed, setAgreed] = useState(false);
  const sending = useSending();
  const authority = choice === "address" ? directory.trim() : choice;
  const other = (set: (value: string) => void) => (value: string) => {
    set(value);
    setTerms(undefined);
    setAgreed(false);
    sending.clear();
  };
  const look = () =>
    sending.run(async () => {
      setTerms((await get<{ terms: string }>("certificates/terms", { authority })).terms);
    });
  const send = () =>
    sending.run(async () => {
      props.then(
        await post<Standing>("certificates/on", { authority, contact: contact.trim(), terms, agreed }),
      );
      say(t("cert.asked"));
      props.onClose();
    });
  return (
    <Dialog title={t("cert.title")} onClose={props.onClose}>
      <Form onSubmit={terms === undefined ? look : send} sending={sending} fields={["contact"]}>
        <Choices
          legend={t("cert.which")}
          value={choice}
          onInput={other(setChoice)}
          options={[
            { value: "letsencrypt", text: t("cert.letsencrypt"), help: t("cert.letsencrypt-help") },
            { value: "staging", text: t("cert.staging"), help: t("cert.staging-help") },
            { value: "address", text: t("cert.address"), help: t("cert.address-help") },
          ]}
        />
        {choice === "address" && (
          <TextField
            label={t("cert.directory")}
            type="url"
            placeholder="https://"
            value={directory}
            onInput={other(setDirectory)}
          />
        )}
        <TextField
          label={t("cert.contact")}
          type="email"
          optional
          value={contact}
          onInput={setContact}
          error={sending.wrong("contact")}
        />
        {terms !== undefined && (
          <div class="stack tight">
            {terms ? (
              <p>
                {t("cert.terms")}{" "}
                {terms.startsWith("https://") ? (
                  <a href={terms} target="_blank" rel="noreferrer">
                    {terms}
                  </a>
                ) : (
                  <code>{terms}</code>
                )}
              </p>
            ) : (
              <p>{t("cert.terms-none")}</p>
            )}
            <label class="check">
              <input
                type="checkbox"
                checked={agreed}
                onInput={(event) => setAgreed(event.currentTarget.checked)}
              />
              {t("cert.agree")}
            </label>
          </div>
        )}
        <div class="row end">
          <Button kind="main-act" submit busy={sending.busy} disabled={terms !== undefined && !agreed}>
            {terms === undefined ? t("cert.look") : t("cert.go")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
