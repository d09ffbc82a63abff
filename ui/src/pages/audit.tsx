/* Who changed what. */
import { useCallback } from "preact/hooks";
import { useChanges } from "../api/live.ts";
import type { AuditLine } from "../api/types.ts";
import { dateTime } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Card, Empty, Page } from "../parts/page.tsx";
import { Table, Tools, useList } from "../parts/table.tsx";

export function AuditPage() {
  const list = useList<AuditLine>("audit");
  const { again } = list;
  useChanges(useCallback(() => again(), [again]));
  return (
    <Page title={t("audit.title")} lead={t("audit.lead")}>
      <Tools list={list} />
      <Card flush>
        <Table
          label={t("audit.title")}
          list={list}
          id={(one) => String(one.id)}
          empty={<Empty icon="audit" title={t("audit.empty")} />}
          columns={[
            {
              name: "what",
              head: t("audit.what"),
              main: true,
              cell: (one) => (
                <span class="cell-two">
                  <span>
                    {one.action} <span class="plain">{one.subject}</span>
                  </span>
                  <Detail detail={one.detail} />
                </span>
              ),
            },
            { name: "who", head: t("audit.who"), cell: (one) => one.who || t("audit.server") },
            { name: "way", head: t("audit.way"), cell: (one) => tOf("audit.way", one.way) ?? one.way },
            {
              name: "at",
              head: t("audit.at"),
              cell: (one) => <span class="nowrap num">{dateTime(one.at)}</span>,
            },
          ]}
        />
      </Card>
    </Page>
  );
}

/** What it was before, and what it is now. */
function Detail({ detail }: { detail: Record<string, unknown> }) {
  const { before, after, ...rest } = detail as {
    before?: Record<string, unknown>;
    after?: Record<string, unknown>;
  };
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const lines = [
    ...names.map((name) => `${name}: ${shown(before?.[name])} → ${shown(after?.[name])}`),
    ...Object.entries(rest).map(([name, value]) => `${name}: ${shown(value)}`),
  ];
  if (!lines.length) return null;
  return (
    <details class="small">
      <summary>{t("audit.detail")}</summary>
      {lines.map((line) => (
        <p key={line} class="mono">
          {line}
        </p>
      ))}
    </details>
  );
}

const shown = (value: unknown): string =>
  value === undefined || value === null || value === ""
    ? "–"
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
