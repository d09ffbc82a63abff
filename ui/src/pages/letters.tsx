/* The letters that came and went, newest first, and the search for one. */
import { useState } from "preact/hooks";
import { get } from "../api/client.ts";
import type { Journey } from "../api/types.ts";
import { dateTime, listed, size } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Card, Empty, Page, Tag } from "../parts/page.tsx";
import { Table, Tools, useList } from "../parts/table.tsx";

const TONES: Record<string, "good" | "warn" | "bad" | ""> = {
  filed: "good",
  delivered: "good",
  deferred: "warn",
  held: "warn",
  failed: "bad",
  bounced: "bad",
  refused: "bad",
  "put off": "warn",
  junk: "warn",
};

export const letterPath = (id: string, own: boolean): string =>
  `${own ? "/me" : ""}/letters/${encodeURIComponent(id)}`;
export const letterState = (state: string): string => tOf("letter.state", state) ?? state;
export const oneLetter = <T,>(id: string): Promise<T> => get<T>(`letters/${encodeURIComponent(id)}`);

/** What became of a letter: what happened last, or worst. */
export function outcome(journey: Journey): string {
  if (journey.waiting.some((one) => one.held)) return "held";
  if (journey.waiting.length) return journey.waiting.some((one) => one.attempts) ? "deferred" : "waiting";
  const events = journey.steps.map((step) => step.event);
  return (
    ["failed", "bounced", "refused", "put off", "dropped", "delivered", "filed", "junk"].find((one) =>
      events.includes(one),
    ) ?? ""
  );
}

/** Everybody it was for. */
const recipients = (journey: Journey): string[] => [
  ...new Set(journey.steps.map((step) => step.address).filter(Boolean)),
];

export function Letters({ own }: { own: boolean }) {
  const [state, setState] = useState("");
  const list = useList<Journey>("letters", { state });
  const states = [
    "filed",
    "junk",
    "delivered",
    "waiting",
    "deferred",
    "held",
    "failed",
    "refused",
    "dropped",
  ];
  return (
    <Page title={own ? t("letters.own-title") : t("letters.title")} lead={t("letters.lead")}>
      <Tools list={list} search={t("letters.search")}>
        <select
          class="input auto"
          aria-label={t("letters.state")}
          value={state}
          onInput={(e) => setState(e.currentTarget.value)}
        >
          <option value="">{t("letters.any")}</option>
          {states.map((one) => (
            <option key={one} value={one}>
              {letterState(one)}
            </option>
          ))}
        </select>
      </Tools>
      <Card flush>
        <Table
          label={t("letters.title")}
          list={list}
          id={(one) => one.letter.id}
          empty={
            <Empty icon="letter" title={t("letters.empty")}>
              {t("letters.empty-lead")}
            </Empty>
          }
          columns={[
            {
              name: "from",
              head: t("letters.from"),
              main: true,
              cell: (one) => (
                <a href={letterPath(one.letter.id, own)}>{one.letter.sender || t("queue.nobody")}</a>
              ),
            },
            { name: "to", head: t("letters.to"), cell: (one) => few(recipients(one)) },
            {
              name: "at",
              head: t("letters.at"),
              cell: (one) => <span class="nowrap num">{dateTime(one.letter.at)}</span>,
            },
            {
              name: "by",
              head: t("letters.by"),
              cell: (one) => tOf("by", one.letter.service) ?? one.letter.service,
            },
            {
              name: "size",
              head: t("letters.size"),
              end: true,
              cell: (one) => <span class="nowrap">{size(one.letter.size)}</span>,
            },
            { name: "state", head: t("letters.state"), cell: (one) => <State state={outcome(one)} /> },
          ]}
        />
      </Card>
    </Page>
  );
}

function State({ state }: { state: string }) {
  return state ? <Tag tone={TONES[state] ?? ""}>{letterState(state)}</Tag> : null;
}

/** The first three, and how many more. */
const few = (items: readonly string[]): string =>
  items.length > 3
    ? t("letters.more-of", { first: items.slice(0, 3).join(", "), n: items.length - 3 })
    : listed(items);
