/* The main window: how the server is, Start and Stop, Suspend, the ports, and how it has been. */
import { useEffect, useState } from "preact/hooks";
import { type Asked, asProblem, useAsk } from "../api/ask.ts";
import { get, patch, post, seg } from "../api/client.ts";
import { status } from "../api/live.ts";
import type { Listener, Series, Status } from "../api/types.ts";
import { listed, number, span } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { BareSwitch, Pick } from "../parts/field.tsx";
import { Graph, type Point } from "../parts/graph.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Bones, Card, Dot, Loaded, Notice, Page, Tag } from "../parts/page.tsx";
import { type List, Rows } from "../parts/table.tsx";
import { grumble, say } from "../parts/toast.tsx";
import { WaitingNotice } from "../parts/waiting.tsx";
import { useCell } from "../state.ts";

export function Dashboard() {
  const live = useCell(status);
  const first = useAsk("status", () => get<Status>("status"));
  const state = live ?? first.data;
  const open = JSON.stringify(state?.listeners);
  const ports = useAsk("listeners", () => get<List<Listener>>("listeners"));
  useEffect(() => {
    if (ports.data) ports.again();
  }, [open]);
  return (
    <Page title={t("dash.title")}>
      {state ? (
        <>
          <Window state={state} up={running(state, ports.data?.items ?? [])} />
          <NextSteps />
          <Remarks state={state} />
        </>
      ) : (
        <Card>
          <Bones />
        </Card>
      )}
      <Ports asked={ports} />
      <Graphs />
    </Page>
  );
}

/** Whether mail is served: what was stopped has closed all ports but those of administration. */
function running(state: Status, ports: readonly Listener[]): boolean {
  const mail = ports.filter((one) => one.enabled && !one.admin);
  return state.state === "running" && (!mail.length || mail.some((one) => one.open));
}

function Window({ state, up }: { state: Status; up: boolean }) {
  const delivers = state.delivery === "on";
  const receives = state.receiving === "on";
  const [asking, setAsking] = useState(false);
  const act = (path: string, words: string, back?: string) => async () => {
    await post(path);
    say(words, back ? () => post(back) : undefined);
  };
  return (
    <Card flush>
      <div class="window">
        <div class="window-words">
          <span class={`pulse ${!up ? "off" : delivers && receives ? "good" : "warn"}`}>
            <Icon name={!up ? "stop" : delivers && receives ? "check" : "pause"} />
          </span>
          <div class="stack-small">
            <h2>
              {!up
                ? t("dash.stopped")
                : !delivers
                  ? t("dash.suspended")
                  : !receives
                    ? t("dash.not-receiving")
                    : t("dash.running")}
            </h2>
            <p class="muted">
              {!up
                ? t("dash.stopped-lead")
                : !delivers
                  ? t("dash.suspended-lead")
                  : !receives
                    ? t("dash.not-receiving-lead")
                    : t("dash.since", { version: state.version, span: span(state.uptime) })}
            </p>
          </div>
        </div>
        <div class="row" role="toolbar" aria-label={t("part.acts")}>
          {up ? (
            <Button icon="stop" onPress={() => setAsking(true)}>
              {t("dash.stop")}
            </Button>
          ) : (
            <Button icon="play" kind="main-act" onPress={act("service/start", t("dash.started"))}>
              {t("dash.start")}
            </Button>
          )}
          {delivers ? (
            <Button
              icon="pause"
              onPress={act("delivery/suspend", t("dash.now-suspended"), "delivery/resume")}
            >
              {t("dash.suspend-delivery")}
            </Button>
          ) : (
            <Button
              icon="play"
              kind="main-act"
              onPress={act("delivery/resume", t("dash.now-delivering"), "delivery/suspend")}
            >
              {t("dash.resume-delivery")}
            </Button>
          )}
          {receives ? (
            <Button icon="ban" onPress={act("receiving/suspend", t("dash.now-closed"), "receiving/resume")}>
              {t("dash.suspend-receiving")}
            </Button>
          ) : (
            <Button
              icon="play"
              kind={delivers ? "main-act" : "plain"}
              onPress={act("receiving/resume", t("dash.now-open"), "receiving/suspend")}
            >
              {t("dash.resume-receiving")}
            </Button>
          )}
        </div>
      </div>
      <Figures state={state} />
      {asking && (
        <Confirm
          title={t("dash.stop-title")}
          act={t("dash.stop")}
          onDo={act("service/stop", t("dash.halted"), "service/start")}
          onClose={() => setAsking(false)}
        >
          <p>{t("dash.stop-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Figures({ state }: { state: Status }) {
  const on = state.delivery === "on";
  return (
    <dl class="figures">
      <div class="figure">
        <dt>{t("bar.delivery")}</dt>
        <dd class={on ? "" : "warn-text"}>{on ? t("bar.on") : t("bar.off")}</dd>
      </div>
      <div class="figure">
        <dt>{t("bar.connections")}</dt>
        <dd>{number(state.connections)}</dd>
      </div>
      <div class="figure">
        <dt>
          <a href="/queue">{t("bar.pending")}</a>
        </dt>
        <dd>{number(state.pending)}</dd>
      </div>
      <div class="figure">
        <dt>{t("bar.delivering")}</dt>
        <dd>{number(state.delivering)}</dd>
      </div>
    </dl>
  );
}

function Remarks({ state }: { state: Status }) {
  const names = state.weaker.map((name) => tOf("policy", name) ?? name);
  return (
    <>
      <WaitingNotice />
      {state.held > 0 && (
        <Notice>
          <p>
            {t("dash.held", { n: state.held })} <a href="/queue">{t("place.queue")}</a>
          </p>
        </Notice>
      )}
      {names.length > 0 && (
        <Notice tone="warn" title={t("dash.weaker")}>
          <p>{t("dash.weaker-lead", { names: listed(names) })}</p>
          <a href="/options/limits">{t("dash.see")}</a>
        </Notice>
      )}
      {state.routers_not_exempt.length > 0 && (
        <Notice title={t("dash.routers")}>
          <p>{t("dash.routers-lead", { routers: listed(state.routers_not_exempt) })}</p>
        </Notice>
      )}
    </>
  );
}

function NextSteps() {
  const [open, setOpen] = useState(localStorage.getItem("hawknest-steps") === "open");
  if (!open) return null;
  const hide = () => {
    localStorage.removeItem("hawknest-steps");
    setOpen(false);
  };
  return (
    <Card
      title={t("steps.title")}
      acts={<Button kind="quiet" small icon="close" alone={t("steps.hide")} onPress={hide} />}
    >
      <ol class="steps">
        <Step icon="globe" href="/coach" title={t("steps.dns")} lead={t("steps.dns-lead")} />
        <Step icon="people" href="/users" title={t("steps.people")} lead={t("steps.people-lead")} />
        <Step icon="phone" href="/setup" title={t("steps.setup")} lead={t("steps.setup-lead")} />
      </ol>
    </Card>
  );
}

function Step(props: { icon: IconName; href: string; title: string; lead: string }) {
  return (
    <li>
      <a class="step" href={props.href}>
        <Icon name={props.icon} />
        <span class="stack-small">
          <b>{props.title}</b>
          <span class="help">{props.lead}</span>
        </span>
      </a>
    </li>
  );
}

export const serviceTitle = (one: { service: string }): string => tOf("service", one.service) ?? one.service;

/** A listener's service; where the nest can be administered it says so. */
export function ServiceName({ one }: { one: Listener }) {
  return (
    <span class="row">
      {serviceTitle(one)} {one.admin && <Tag tone="accent">{t("ports.admin-tag")}</Tag>}
    </span>
  );
}

/** What an address and port look like, with the port that a 0 became. */
export function endpoint(one: Listener): string {
  const address = one.address.includes(":") ? `[${one.address}]` : one.address;
  return `${address}:${one.open_port || one.port}`;
}

export function PortState({ one, then }: { one: Listener; then: () => void }) {
  if (!one.enabled) return <Dot tone="off">{t("ports.off")}</Dot>;
  if (one.open) return <Dot tone="good">{t("ports.open")}</Dot>;
  const start = async () => {
    await post(`listeners/${seg(one.name)}/start`);
    then();
  };
  return (
    <span class="row">
      <Dot tone="bad">{t("ports.failed")}</Dot>
      <Button small onPress={start}>
        {t("dash.start")}
      </Button>
    </span>
  );
}

export async function flip(one: Listener, on: boolean, then: () => void): Promise<void> {
  try {
    await patch(`listeners/${seg(one.name)}`, { enabled: on });
  } catch (error) {
    grumble(asProblem(error)); // a port in use is named with the program that has it
    return;
  }
  then();
  const words = on
    ? t("ports.opened", { service: serviceTitle(one) })
    : t("ports.closed", { service: serviceTitle(one) });
  say(words, async () => {
    await patch(`listeners/${seg(one.name)}`, { enabled: !on });
    then();
  });
}

function Ports({ asked }: { asked: Asked<List<Listener>> }) {
  return (
    <Card flush title={t("ports.title")} acts={<a href="/options/ports">{t("part.edit")}</a>}>
      <Loaded of={asked}>
        {(found) => (
          <Rows
            label={t("ports.title")}
            rows={found.items}
            id={(one) => one.name}
            columns={[
              {
                name: "service",
                head: t("ports.service"),
                main: true,
                cell: (one) => <ServiceName one={one} />,
              },
              { name: "where", head: t("ports.where"), cell: (one) => <code>{endpoint(one)}</code> },
              { name: "tls", head: t("ports.tls"), cell: (one) => tOf("tls", one.tls) ?? one.tls },
              {
                name: "state",
                head: t("ports.state"),
                cell: (one) => <PortState one={one} then={asked.again} />,
              },
              {
                name: "on",
                head: t("ports.on"),
                end: true,
                cell: (one) => (
                  <BareSwitch
                    label={t("ports.flip", { service: serviceTitle(one), port: String(one.port) })}
                    on={one.enabled}
                    onFlip={(on) => flip(one, on, asked.again)}
                  />
                ),
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

const SPANS: Record<string, number> = { day: 86_400, week: 7 * 86_400, month: 30 * 86_400 };
const SERIES = "letters_in,letters_out,refused,junk,pending,connections,disk_used";

function points(one: Series): Point[] {
  return one.at.map((at, n): Point => [at, one.values[n] ?? 0]);
}

function Graphs() {
  const [chosen, setChosen] = useState("day");
  const asked = useAsk(`graphs ${chosen}`, async () => {
    const to = Math.floor(Date.now() / 1000);
    const from = to - (SPANS[chosen] ?? 86_400);
    const found = await get<{ series: Series[] }>("metrics-history", { series: SERIES, from, to });
    return { from, to, lines: new Map(found.series.map((one) => [one.name, points(one)])) };
  });
  const options = [
    { value: "day", text: t("graphs.day") },
    { value: "week", text: t("graphs.week") },
    { value: "month", text: t("graphs.month") },
  ];
  return (
    <Card
      title={t("graphs.title")}
      acts={<Pick legend={t("graphs.span")} value={chosen} options={options} onInput={setChosen} />}
    >
      <Loaded of={asked}>
        {({ from, to, lines }) => {
          const line = (series: string, name: string) => ({ name, points: lines.get(series) ?? [] });
          return (
            <div class="columns">
              <Graph
                title={t("graphs.letters")}
                from={from}
                to={to}
                lines={[line("letters_in", t("graphs.in")), line("letters_out", t("graphs.out"))]}
              />
              <Graph
                title={t("graphs.refused")}
                from={from}
                to={to}
                lines={[line("refused", t("graphs.refused"))]}
              />
              <Graph title={t("graphs.junk")} from={from} to={to} lines={[line("junk", t("graphs.junk"))]} />
              <Graph
                title={t("graphs.queue")}
                from={from}
                to={to}
                lines={[line("pending", t("graphs.queue"))]}
              />
              <Graph
                title={t("graphs.connections")}
                from={from}
                to={to}
                lines={[line("connections", t("graphs.connections"))]}
              />
              <Graph
                title={t("graphs.disk")}
                from={from}
                to={to}
                lines={[line("disk_used", t("graphs.disk"))]}
                sizes
              />
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}
