/* What other servers report: who sends in our name, how TLS to us goes; which reports came and went. */
import { useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { get } from "../api/client.ts";
import type {
  DmarcReportRow,
  ReceivedReports,
  ReportDay,
  ReportSource,
  ReportsOverview,
  SentReport,
  TlsFailureRow,
  TlsReportRow,
} from "../api/types.ts";
import { date, number } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Choose, Pick } from "../parts/field.tsx";
import { Graph, type Point } from "../parts/graph.tsx";
import { Card, Dot, type DotTone, Empty, Loaded, Page } from "../parts/page.tsx";
import { SettingOf, usePolicies } from "../parts/policy.tsx";
import { type List, Rows } from "../parts/table.tsx";

const DAY = 86_400;
const SHOWN = 10;
const RULES = ["dmarc_reports", "tls_reports", "keep_report_letters", "report_days"];
const TONES: Record<string, DotTone> = { good: "good", part: "warn", "passed on": "off", unknown: "bad" };

export function ReportsPage() {
  const [domain, setDomain] = useState("");
  const [days, setDays] = useState("30");
  const asked = useAsk(`reports ${domain} ${days}`, () =>
    get<ReportsOverview>("reports/overview", { domain, days }),
  );
  const spans = [
    { value: "7", text: t("reports.week") },
    { value: "30", text: t("reports.month") },
    { value: "90", text: t("reports.quarter") },
  ];
  return (
    <Page
      title={t("reports.title")}
      lead={t("reports.lead")}
      acts={<Pick legend={t("reports.span")} value={days} options={spans} onInput={setDays} />}
    >
      <Loaded of={asked} lines={8}>
        {(found) => (
          <div class="stack loose">
            {found.domains.length > 1 && (
              <Choose
                label={t("reports.domain")}
                help={t("reports.domain-help")}
                short
                value={domain}
                onInput={setDomain}
                options={[
                  { value: "", text: t("reports.all") },
                  ...found.domains.map((name) => ({ value: name, text: name })),
                ]}
              />
            )}
            {found.dmarc.days.length || found.tls.days.length ? (
              <>
                <Senders found={found} />
                <Tls found={found} />
              </>
            ) : (
              <Card>
                <Empty icon="chart" title={t("reports.none")}>
                  {t("reports.none-lead")}
                </Empty>
              </Card>
            )}
          </div>
        )}
      </Loaded>
      <Came domain={domain} days={days} />
      <Sent />
      <Kept />
    </Page>
  );
}

/** The whole days that the graphs are of, in seconds since the epoch. */
function span(found: ReportsOverview): [from: number, to: number] {
  return [Math.floor(found.since / DAY) * DAY, Math.floor(Date.now() / 1000)];
}

/** Days as points of a graph, those without a report among them. */
function points(
  days: readonly ReportDay[],
  from: number,
  to: number,
  value: (day: ReportDay) => number,
): Point[] {
  const known = new Map(days.map((one) => [one.day, value(one)]));
  const first = Math.floor(from / DAY);
  const count = Math.floor(to / DAY) - first;
  return Array.from({ length: count }, (_, n): Point => [(first + n) * DAY, known.get(first + n) ?? 0]);
}

function Senders({ found }: { found: ReportsOverview }) {
  const { letters, passed, days, sources } = found.dmarc;
  const [from, to] = span(found);
  const share = letters ? Math.floor((100 * passed) / letters) : 0;
  const line = (name: string, value: (day: ReportDay) => number) => ({
    name,
    points: points(days, from, to, value),
  });
  return (
    <Card
      flush
      title={t("reports.senders")}
      lead={letters ? t("reports.share", { passed: number(passed), letters, share }) : undefined}
    >
      <div class="pad">
        <Graph
          title={t("reports.letters")}
          from={from}
          to={to}
          lines={[line(t("reports.letters"), (day) => day.all), line(t("reports.passed"), (day) => day.good)]}
        />
      </div>
      {sources.length > 0 && (
        <Rows<ReportSource>
          label={t("reports.senders")}
          rows={sources}
          id={(one) => one.ip}
          columns={[
            {
              name: "source",
              head: t("reports.source"),
              main: true,
              cell: (one) => (
                <span class="cell-two">
                  <span>
                    {one.name || one.ip}{" "}
                    <span class="small muted plain">{one.name ? one.ip : t("reports.nameless")}</span>
                  </span>
                  <span class="small plain">
                    <Dot tone={TONES[one.meaning] ?? "off"}>
                      {tOf("report-meaning", one.meaning) ?? one.meaning}
                    </Dot>
                  </span>
                </span>
              ),
            },
            { name: "letters", head: t("reports.letters"), end: true, cell: (one) => number(one.letters) },
            { name: "passed", head: t("reports.passed"), end: true, cell: (one) => number(one.passed) },
            { name: "dkim", head: t("reports.dkim"), end: true, cell: (one) => number(one.dkim) },
            { name: "spf", head: t("reports.spf"), end: true, cell: (one) => number(one.spf) },
            {
              name: "refused",
              head: t("reports.refused"),
              end: true,
              cell: (one) => number(one.refused + one.quarantined),
            },
            {
              name: "last",
              head: t("reports.last"),
              end: true,
              cell: (one) => <span class="nowrap">{date(one.last)}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

function Tls({ found }: { found: ReportsOverview }) {
  const { sessions, good, days, failures } = found.tls;
  if (!days.length) return null;
  const [from, to] = span(found);
  return (
    <Card flush title={t("reports.tls")} lead={t("reports.tls-share", { sessions, failed: sessions - good })}>
      <div class="pad">
        <Graph
          title={t("reports.sessions")}
          from={from}
          to={to}
          lines={[
            { name: t("reports.sessions"), points: points(days, from, to, (day) => day.all) },
            { name: t("reports.failed"), points: points(days, from, to, (day) => day.all - day.good) },
          ]}
        />
      </div>
      {failures.length ? (
        <Rows<TlsFailureRow>
          label={t("reports.tls")}
          rows={failures}
          id={(one) => `${one.domain} ${one.policy_type} ${one.result} ${one.host}`}
          columns={[
            {
              name: "result",
              head: t("reports.result"),
              main: true,
              cell: (one) => tOf("tls-result", one.result) ?? one.result,
            },
            { name: "host", head: t("reports.host"), cell: (one) => one.host || one.domain },
            { name: "policy", head: t("reports.policy"), cell: (one) => one.policy_type.toUpperCase() },
            { name: "sessions", head: t("reports.failed"), end: true, cell: (one) => number(one.sessions) },
            {
              name: "last",
              head: t("reports.last"),
              end: true,
              cell: (one) => <span class="nowrap">{date(one.last)}</span>,
            },
          ]}
        />
      ) : (
        <p class="pad muted">{t("reports.tls-good")}</p>
      )}
    </Card>
  );
}

type Shown = (DmarcReportRow | TlsReportRow) & { kind: string; count: number };

function Came({ domain, days }: { domain: string; days: string }) {
  const asked = useAsk(`reports came ${domain} ${days}`, () =>
    get<ReceivedReports>("reports/received", { domain, days }),
  );
  const rows = (found: ReceivedReports): Shown[] =>
    [
      ...found.dmarc.map((one) => ({ ...one, kind: "DMARC", count: one.letters })),
      ...found.tls.map((one) => ({ ...one, kind: "TLS", count: one.good + one.failed })),
    ]
      .sort((a, b) => b.received_at - a.received_at)
      .slice(0, SHOWN);
  return (
    <Loaded of={asked}>
      {(found) =>
        found.dmarc.length + found.tls.length > 0 && (
          <Card flush title={t("reports.came")}>
            <Rows<Shown>
              label={t("reports.came")}
              rows={rows(found)}
              id={(one) => `${one.kind} ${one.id}`}
              columns={[
                { name: "from", head: t("reports.from"), main: true, cell: (one) => one.org },
                { name: "kind", head: t("reports.kind"), cell: (one) => one.kind },
                { name: "domain", head: t("reports.domain"), cell: (one) => one.domain },
                {
                  name: "day",
                  head: t("reports.day"),
                  cell: (one) => <span class="nowrap">{date(one.begin)}</span>,
                },
                {
                  name: "vouched",
                  head: t("reports.vouched"),
                  cell: (one) =>
                    one.authentic === "pass" ? (
                      <Dot tone="good">{t("reports.authentic")}</Dot>
                    ) : (
                      <Dot tone="off">{t("reports.unproven")}</Dot>
                    ),
                },
                { name: "count", head: t("reports.count"), end: true, cell: (one) => number(one.count) },
              ]}
            />
          </Card>
        )
      }
    </Loaded>
  );
}

function Sent() {
  const asked = useAsk("reports sent", () => get<List<SentReport>>("reports/sent", { limit: SHOWN }));
  return (
    <Card flush title={t("reports.sent")}>
      <Loaded of={asked}>
        {(found) =>
          found.items.length ? (
            <Rows<SentReport>
              label={t("reports.sent")}
              rows={found.items}
              id={(one) => `${one.kind} ${one.day} ${one.domain} ${one.target} ${one.report_id}`}
              columns={[
                { name: "to", head: t("reports.to"), main: true, cell: (one) => one.target },
                { name: "kind", head: t("reports.kind"), cell: (one) => one.kind.toUpperCase() },
                { name: "domain", head: t("reports.domain"), cell: (one) => one.domain },
                {
                  name: "day",
                  head: t("reports.day"),
                  cell: (one) => <span class="nowrap">{date(one.day * DAY)}</span>,
                },
                {
                  name: "outcome",
                  head: t("reports.outcome"),
                  cell: (one) =>
                    one.outcome === "sent" ? (
                      <Dot tone="good">
                        {one.letter ? (
                          <a href={`/letters/${one.letter}`}>{t("reports.ok")}</a>
                        ) : (
                          t("reports.ok")
                        )}
                      </Dot>
                    ) : (
                      <Dot tone="warn">{one.outcome}</Dot>
                    ),
                },
                { name: "count", head: t("reports.count"), end: true, cell: (one) => number(one.letters) },
              ]}
            />
          ) : (
            <p class="pad muted">{t("reports.sent-none")}</p>
          )
        }
      </Loaded>
    </Card>
  );
}

function Kept() {
  const policies = usePolicies();
  return (
    <Card title={t("reports.rules")}>
      <Loaded of={policies}>
        {() => (
          <div class="rules">
            {RULES.map((name) => (
              <SettingOf key={name} name={name} of={policies} />
            ))}
          </div>
        )}
      </Loaded>
    </Card>
  );
}
