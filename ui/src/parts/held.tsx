/* The letters that an account holds, by size, age or what is wrong with them: looked over, saved as they are, removed, one or
   several, without anything in them being opened. */
import { useState } from "preact/hooks";
import { drop, path } from "../api/client.ts";
import type { Held } from "../api/types.ts";
import { dateTime, size } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button, LinkButton } from "./button.tsx";
import { Confirm } from "./dialog.tsx";
import { type Filter, Filters, filters, NO_FILTER, query } from "./heldfilter.tsx";
import { Card, Empty, Tag } from "./page.tsx";
import { type Column, Table, useCalm, useList } from "./table.tsx";
import { say } from "./toast.tsx";

const nameOf = (one: Held) => one.subject || t("held.no-subject");

/** `noun` is the path of the account: me, or users/… */
export function HeldLetters({ noun }: { noun: string }) {
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const asked = JSON.parse(useCalm(JSON.stringify(filter))) as Filter;
  const list = useList<Held>(`${noun}/held`, query(asked), 50, "size");
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [going, setGoing] = useState<readonly Held[]>([]);
  const rows = list.data?.items ?? [];
  const letters = [...new Map(rows.map((one) => [one.number, one])).values()]; // one may lie in several mailboxes
  const picked = letters.filter((one) => chosen.has(one.number)); // only what is seen is ever removed
  const choose = (numbers: readonly number[], on: boolean) => {
    const next = new Set(chosen);
    for (const number of numbers) {
      if (on) next.add(number);
      else next.delete(number);
    }
    setChosen(next);
  };
  const columns = columnsOf(noun, chosen, choose, (one) => setGoing([one]));
  return (
    <>
      <Filters value={filter} onChange={setFilter} sort={list.sort} onSort={list.setSort} />
      <Card flush>
        {letters.length > 0 && (
          <Chosen
            picked={picked}
            all={picked.length === letters.length}
            onAll={(on) =>
              choose(
                letters.map((one) => one.number),
                on,
              )
            }
            onRemove={() => setGoing(picked)}
          />
        )}
        <Table
          label={t("held.title")}
          list={list}
          id={(one) => `${one.number} ${one.mailbox}`}
          empty={
            <Empty icon="letter" title={filters(asked) ? t("held.none") : t("held.empty")}>
              {t("held.lead")}
            </Empty>
          }
          columns={columns}
        />
      </Card>
      {going.length > 0 && (
        <Remove
          noun={noun}
          letters={going}
          onClose={() => setGoing([])}
          then={() => {
            setChosen(new Set());
            list.again();
          }}
        />
      )}
    </>
  );
}

/** Choosing all of the page, and what is done with what was chosen. */
function Chosen(props: {
  picked: readonly Held[];
  all: boolean;
  onAll: (on: boolean) => void;
  onRemove: () => void;
}) {
  const { picked, all } = props;
  const octets = picked.reduce((sum, one) => sum + one.size, 0);
  return (
    <div class="tools card-tools chosen">
      <label class="check">
        <input type="checkbox" checked={all} onInput={(e) => props.onAll(e.currentTarget.checked)} />
        {t("held.choose-all")}
      </label>
      <span class="muted" aria-live="polite">
        {picked.length > 0 && t("held.chosen", { n: picked.length, size: size(octets) })}
      </span>
      {picked.length > 0 && (
        <>
          <Button small kind="danger-quiet" icon="trash" onPress={props.onRemove}>
            {t("held.remove-chosen", { n: picked.length })}
          </Button>
          <Button small kind="quiet" onPress={() => props.onAll(false)}>
            {t("held.unchoose")}
          </Button>
        </>
      )}
    </div>
  );
}

function Remove(props: { noun: string; letters: readonly Held[]; onClose: () => void; then: () => void }) {
  const { letters } = props;
  const n = letters.length;
  const remove = async () => {
    try {
      for (const one of letters) await drop(`${props.noun}/held/${one.number}`);
      say(t("held.removed-several", { n }));
    } finally {
      props.then();
    }
  };
  return (
    <Confirm
      title={t("held.remove-several", { n })}
      act={t("part.remove")}
      onClose={props.onClose}
      onDo={remove}
    >
      <p>{t("held.remove-words")}</p>
      <ul class="plain-list">
        {letters.slice(0, 5).map((one) => (
          <li key={one.number}>
            <b>{nameOf(one)}</b> · {size(one.size)}
          </li>
        ))}
        {n > 5 && <li>…</li>}
      </ul>
    </Confirm>
  );
}

function columnsOf(
  noun: string,
  chosen: ReadonlySet<number>,
  choose: (numbers: readonly number[], on: boolean) => void,
  onRemove: (one: Held) => void,
): readonly Column<Held>[] {
  return [
    {
      name: "subject",
      head: t("held.subject"),
      main: true,
      cell: (one) => (
        <span class="choosable">
          <input
            type="checkbox"
            aria-label={t("held.choose", { subject: nameOf(one) })}
            checked={chosen.has(one.number)}
            onInput={(e) => choose([one.number], e.currentTarget.checked)}
          />
          <span class="cell-two">
            <span>{nameOf(one)}</span>
            <span class="small muted">{one.sender}</span>
          </span>
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
    { name: "defects", head: t("held.defect"), cell: (one) => <Faults names={one.defects} /> },
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
          <Button small kind="quiet" icon="trash" alone={t("held.remove")} onPress={() => onRemove(one)} />
        </div>
      ),
    },
  ];
}

/** What is wrong with a letter: in few words, and, for who opens them, in sentences. */
function Faults({ names }: { names: readonly string[] }) {
  if (!names.length) return null;
  return (
    <details class="faults">
      <summary>
        <span class="faults-short">
          {names.map((name) => (
            <Tag key={name} tone="warn">
              {tOf("defect", name) ?? name}
            </Tag>
          ))}
        </span>
      </summary>
      <ul class="plain-list small">
        {names.map((name) => (
          <li key={name}>{tOf("fault", name) ?? name}</li>
        ))}
      </ul>
    </details>
  );
}
