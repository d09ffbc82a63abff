/* The letters that an account holds, by size, age or what is wrong with them: looked over, saved as they are, removed, without anything
   in them being opened. */
import { useState } from "preact/hooks";
import { drop, path } from "../api/client.ts";
import type { Held } from "../api/types.ts";
import { dateTime, size } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button, LinkButton } from "./button.tsx";
import { Confirm } from "./dialog.tsx";
import { Card, Empty, Tag } from "./page.tsx";
import { Table, useList } from "./table.tsx";
import { say } from "./toast.tsx";

const DEFECTS =
  "nul bare-cr bare-lf long-line no-header long-header raw-header no-from no-date twice unended deep encoding".split(
    " ",
  );
const ORDERS = ["size", "newest", "oldest"];

/** `noun` is the path of the account: me, or users/… */
export function HeldLetters({ noun }: { noun: string }) {
  const [defect, setDefect] = useState("");
  const list = useList<Held>(`${noun}/held`, { defect }, 50, "size");
  const [going, setGoing] = useState<Held | null>(null);
  return (
    <>
      <div class="tools">
        <select
          class="input auto"
          aria-label={t("held.order")}
          value={list.sort}
          onInput={(e) => list.setSort(e.currentTarget.value)}
        >
          {ORDERS.map((one) => (
            <option key={one} value={one}>
              {tOf("held.order", one)}
            </option>
          ))}
        </select>
        <select
          class="input auto"
          aria-label={t("held.defect")}
          value={defect}
          onInput={(e) => setDefect(e.currentTarget.value)}
        >
          <option value="">{t("held.all")}</option>
          <option value="any">{t("held.broken")}</option>
          {DEFECTS.map((one) => (
            <option key={one} value={one}>
              {tOf("defect", one)}
            </option>
          ))}
        </select>
      </div>
      <Card flush>
        <Table
          label={t("held.title")}
          list={list}
          id={(one) => `${one.number} ${one.mailbox}`}
          empty={
            <Empty icon="letter" title={defect ? t("held.none-broken") : t("held.empty")}>
              {t("held.lead")}
            </Empty>
          }
          columns={[
            {
              name: "subject",
              head: t("held.subject"),
              main: true,
              cell: (one) => (
                <span class="cell-two">
                  <span>{one.subject || t("held.no-subject")}</span>
                  <span class="small muted">{one.sender}</span>
                </span>
              ),
            },
            { name: "mailbox", head: t("held.mailbox"), cell: (one) => one.mailbox },
            {
              name: "at",
              head: t("letters.at"),
              cell: (one) => <span class="nowrap num">{dateTime(one.received_at)}</span>,
            },
            {
              name: "size",
              head: t("letters.size"),
              end: true,
              cell: (one) => <span class="nowrap">{size(one.size)}</span>,
            },
            {
              name: "defects",
              head: t("held.defect"),
              cell: (one) =>
                one.defects.length > 0 && (
                  <span class="row">
                    {one.defects.map((name) => (
                      <Tag key={name} tone="warn">
                        {tOf("defect", name) ?? name}
                      </Tag>
                    ))}
                  </span>
                ),
            },
            {
              name: "acts",
              head: t("part.acts"),
              acts: true,
              cell: (one) => (
                <div class="row end">
                  <LinkButton
                    small
                    kind="quiet"
                    icon="download"
                    alone={t("held.save")}
                    href={path(`${noun}/held/${one.number}/octets`)}
                    download={`letter-${one.number}.eml`}
                  />
                  <Button
                    small
                    kind="quiet"
                    icon="trash"
                    alone={t("held.remove")}
                    onPress={() => setGoing(one)}
                  />
                </div>
              ),
            },
          ]}
        />
      </Card>
      {going && (
        <Confirm
          title={t("held.remove-title")}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`${noun}/held/${going.number}`);
            list.again();
            say(t("held.removed"));
          }}
        >
          <p>{t("held.remove-words")}</p>
          <p>
            <b>{going.subject || t("held.no-subject")}</b> · {size(going.size)}
          </p>
        </Confirm>
      )}
    </>
  );
}
