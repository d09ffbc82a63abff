/* The coach: line by line what is missing until others find, believe and reach the mail of a domain. Lines turn by themselves. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { get, post, seg } from "../api/client.ts";
import type { CoachEntry, CoachLine, CoachReport, LineGroup, LineState, SmartHost } from "../api/coach.ts";
import { useCoach } from "../api/coach.ts";
import type { Domain } from "../api/types.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Copy } from "../parts/copy.tsx";
import { Choose, TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Meter } from "../parts/graph.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Bones, Card, Empty, Loaded, Notice, Page, Tag } from "../parts/page.tsx";
import type { List } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";
import { go } from "../router.ts";

const GROUPS: readonly LineGroup[] = ["found", "believed", "protected", "reachable"];
const DRAWN: Record<LineState, [tone: "" | "good" | "warn" | "bad", icon: IconName]> = {
  green: ["good", "check"],
  yellow: ["warn", "warn"],
  red: ["bad", "close"],
  waiting: ["", "queue"],
  unknown: ["", "help"],
};

export function CoachPage({ domain }: { domain: string }) {
  const asked = useAsk("domains", () => get<List<Domain>>("domains"));
  const [chosen, setChosen] = useState(domain);
  useEffect(() => {
    if (domain) setChosen(domain);
  }, [domain]);
  const names = (asked.data?.items ?? []).filter((one) => !one.name.startsWith("["));
  const name = chosen || names[0]?.name || "";
  const choose = (to: string) => {
    setChosen(to);
    go(`/coach/${seg(to)}`, { replace: true });
  };
  return (
    <Page
      title={t("coach.title")}
      lead={t("coach.lead")}
      acts={
        name && (
          <Button icon="refresh" onPress={() => post(`domains/${seg(name)}/coach/again`)}>
            {t("coach.again")}
          </Button>
        )
      }
    >
      <Loaded of={asked}>
        {() => (
          <>
            {names.length > 1 && (
              <Choose
                label={t("coach.domain")}
                help={t("coach.domain-help")}
                value={name}
                options={names.map((one) => ({ value: one.name, text: one.readable }))}
                onInput={choose}
                short
              />
            )}
            {name ? <Watched key={name} domain={name} /> : <Empty icon="globe" title={t("coach.none")} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Watched({ domain }: { domain: string }) {
  const { report, stands } = useCoach(domain);
  if (!report) {
    return (
      <Card title={domain}>
        <p class="help">{t("coach.looking")}</p>
        <Bones />
      </Card>
    );
  }
  return (
    <>
      {!stands && <Notice tone="warn">{t("coach.lost")}</Notice>}
      <Progress report={report} />
      <Turned lines={report.lines} />
      {GROUPS.map((group) => (
        <Card
          key={group}
          title={tOf("coach.group", group)}
          lead={tOf("coach.group-lead", group)}
          acts={<Share lines={report.lines.filter((one) => one.group === group)} />}
        >
          <ul class="coach-lines">
            {report.lines
              .filter((one) => one.group === group)
              .map((one) => (
                <Line key={one.id} line={one} />
              ))}
          </ul>
        </Card>
      ))}
      <Letter domain={domain} />
      {report.providers.length > 0 && <Hosts hosts={report.providers} />}
    </>
  );
}

function Progress({ report }: { report: CoachReport }) {
  const left = report.needed - report.needed_green;
  const needed = t("coach.needed", { done: report.needed_green, total: report.needed });
  return (
    <Card>
      <div class="window-words">
        <span class={`pulse ${report.ready ? "good" : "warn"}`}>
          <Icon name={report.ready ? "check" : "queue"} />
        </span>
        <div class="stack-small">
          <h2>{t(report.ready ? "coach.ready" : "coach.not-ready", { domain: report.readable })}</h2>
          <p class="muted">{report.ready ? t("coach.ready-lead") : t("coach.not-ready-lead", { n: left })}</p>
        </div>
      </div>
      <div class="stack-small">
        <Meter part={report.needed_green / report.needed} label={needed} tone="good" />
        <p class="small muted">
          {needed} · {t("coach.all", { done: report.green, total: report.total })}
        </p>
      </div>
    </Card>
  );
}

function Share({ lines }: { lines: readonly CoachLine[] }) {
  const green = lines.filter((one) => one.state === "green").length;
  return <Tag tone={green === lines.length ? "good" : ""}>{`${green} / ${lines.length}`}</Tag>;
}

/** What has turned, for those who hear the page. */
function Turned({ lines }: { lines: readonly CoachLine[] }) {
  const known = useRef(new Map<string, LineState>());
  const [said, setSaid] = useState("");
  useEffect(() => {
    const turned = lines.filter(
      (one) => known.current.has(one.id) && known.current.get(one.id) !== one.state,
    );
    for (const one of lines) known.current.set(one.id, one.state);
    if (turned.length)
      setSaid(
        turned
          .map((one) => t("coach.turned", { title: one.title, state: tOf("coach.state", one.state) ?? "" }))
          .join(" · "),
      );
  }, [lines]);
  return (
    <div class="hidden-visually" role="status">
      {said}
    </div>
  );
}

function Line({ line }: { line: CoachLine }) {
  const [tone, icon] = DRAWN[line.state];
  const green = line.state === "green";
  return (
    <li class={`coach-line ${tone}`} id={line.id}>
      <span class="moment-mark">
        <Icon name={icon} />
      </span>
      <div class="stack tight">
        <div class="coach-head">
          <h3>{line.title}</h3>
          <span class="hidden-visually">{tOf("coach.state", line.state)}</span>
          {!green && (
            <Tag tone={line.weight === "needed" ? "accent" : ""}>{tOf("coach.weight", line.weight)}</Tag>
          )}
        </div>
        <p class={green ? "small muted" : ""}>{line.text}</p>
        {line.advice && <p>{line.advice}</p>}
        <Entries entries={line.enter} />
        {line.notes.map((one) => (
          <p key={one} class="help">
            {one}
          </p>
        ))}
        {line.skipped && line.state !== "waiting" && (
          <p class="help">{t("coach.skipped", { words: line.skipped })}</p>
        )}
      </div>
    </li>
  );
}

/** What to enter, each part with a button that copies it. */
function Entries({ entries }: { entries: readonly CoachEntry[] }) {
  const first = entries[0];
  if (!first) return null;
  return (
    <div class="stack tight">
      <p class="small">{first.zone ? t("coach.enter", { zone: first.zone }) : t("coach.enter-here")}</p>
      {entries.map((one) => (
        <div key={`${one.type} ${one.name} ${one.value}`} class="coach-entry">
          <Tag tone="accent">{one.type}</Tag>
          <div class="stack-small">
            <span class="help">{t("coach.name")}</span>
            <Copy text={one.relative} what={`${one.type} ${t("coach.name")}`} />
            {one.relative !== one.name && <span class="help">{t("coach.whole", { name: one.name })}</span>}
          </div>
          <div class="stack-small">
            <span class="help">{t("coach.value")}</span>
            <Copy text={one.value} what={`${one.type} ${t("coach.value")}`} />
          </div>
        </div>
      ))}
    </div>
  );
}

/** A real letter, out and back; how it fares is a line among those of the last group. */
function Letter({ domain }: { domain: string }) {
  const [to, setTo] = useState("");
  const sending = useSending();
  const send = async () => {
    if (await sending.run(() => post(`domains/${seg(domain)}/coach/echo`, { to: to.trim() })))
      say(t("coach.letter-sent", { to: to.trim() }));
  };
  return (
    <Card title={t("coach.letter")} lead={t("coach.letter-lead")}>
      <Form onSubmit={send} sending={sending} fields={["to"]}>
        <TextField
          label={t("coach.letter-to")}
          help={t("coach.letter-help", { domain })}
          error={sending.wrong("to")}
          value={to}
          onInput={setTo}
        />
        <div>
          <Button icon="send" submit busy={sending.busy} disabled={!to.includes("@")}>
            {t("coach.letter-send")}
          </Button>
        </div>
      </Form>
    </Card>
  );
}

function Hosts({ hosts }: { hosts: readonly SmartHost[] }) {
  return (
    <Card title={t("coach.hosts")} lead={t("coach.hosts-lead")}>
      <div class="coach-hosts">
        {hosts.map((one) => (
          <details key={one.id}>
            <summary>{one.name}</summary>
            <div class="stack tight">
              <dl class="facts">
                <dt>{t("coach.host")}</dt>
                <dd>
                  <Copy text={one.host} what={t("coach.host")} />
                </dd>
                <dt>{t("coach.port")}</dt>
                <dd>{`${one.port} (${one.tls})`}</dd>
                <dt>{t("coach.login")}</dt>
                <dd>{one.user}</dd>
                {one.spf && (
                  <>
                    <dt>SPF</dt>
                    <dd>
                      <Copy text={one.spf} what="SPF" />
                    </dd>
                  </>
                )}
              </dl>
              <p class="help">{one.notes}</p>
              <div>
                <Tag>{one.relay ? t("coach.relay") : t("coach.mailbox")}</Tag>
              </div>
            </div>
          </details>
        ))}
      </div>
    </Card>
  );
}
