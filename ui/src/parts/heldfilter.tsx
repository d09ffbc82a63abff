/* Which of the stored letters are looked for: what the owner chooses, and what is asked of the server for it. */
import { useState } from "preact/hooks";
import { size } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Choose, TextField } from "./field.tsx";
import { Card } from "./page.tsx";

export const ORDERS = ["size", "newest", "oldest"];
const DEFECTS =
  "nul bare-cr bare-lf long-line no-header long-header raw-header no-from no-date twice unended deep encoding".split(
    " ",
  );
const SIZES = [1, 5, 10, 25, 50].map((megabytes) => megabytes * 1024 * 1024);

export interface Filter {
  defect: string;
  from: string;
  subject: string;
  mailbox: string;
  larger: string;
  /** Days, as 2026-01-31. */
  since: string;
  before: string;
}

export const NO_FILTER: Filter = {
  defect: "",
  from: "",
  subject: "",
  mailbox: "",
  larger: "",
  since: "",
  before: "",
};

export const filters = (filter: Filter): boolean => Object.values(filter).some(Boolean);

/** What the server is asked; a day begins where the reader is. */
export function query(filter: Filter): Record<string, string> {
  const { since, before, ...rest } = filter;
  return { ...rest, since: midnight(since), before: midnight(before) };
}

function midnight(day: string): string {
  const at = day ? new Date(`${day}T00:00`).getTime() / 1000 : Number.NaN;
  return at >= 0 ? String(at) : "";
}

export function Filters(props: {
  value: Filter;
  onChange: (filter: Filter) => void;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const { value, onChange } = props;
  const [open, setOpen] = useState(false);
  const set = (name: keyof Filter) => (text: string) => onChange({ ...value, [name]: text });
  return (
    <div class="stack">
      <div class="tools">
        <select
          class="input auto"
          aria-label={t("held.order")}
          value={props.sort}
          onInput={(e) => props.onSort(e.currentTarget.value)}
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
          value={value.defect}
          onInput={(e) => set("defect")(e.currentTarget.value)}
        >
          <option value="">{t("held.all")}</option>
          <option value="any">{t("held.broken")}</option>
          {DEFECTS.map((one) => (
            <option key={one} value={one}>
              {tOf("defect", one)}
            </option>
          ))}
        </select>
        <Button kind="quiet" icon="search" pressed={open} onPress={() => setOpen(!open)}>
          {t("held.more")}
        </Button>
        {filters(value) && (
          <Button kind="quiet" icon="close" onPress={() => onChange(NO_FILTER)}>
            {t("held.clear")}
          </Button>
        )}
      </div>
      {open && <More value={value} set={set} />}
    </div>
  );
}

function More({ value, set }: { value: Filter; set: (name: keyof Filter) => (text: string) => void }) {
  const sizes = [
    { value: "", text: t("held.any-size") },
    ...SIZES.map((one) => ({ value: String(one), text: t("held.size-or-more", { size: size(one) }) })),
  ];
  return (
    <Card>
      <div class="filter-grid">
        <TextField label={t("held.from")} value={value.from} onInput={set("from")} autofocus />
        <TextField label={t("held.about")} value={value.subject} onInput={set("subject")} />
        <TextField label={t("held.mailbox")} value={value.mailbox} onInput={set("mailbox")} />
        <Choose label={t("held.larger")} value={value.larger} options={sizes} onInput={set("larger")} />
        <TextField label={t("held.since")} type="date" value={value.since} onInput={set("since")} />
        <TextField label={t("held.before")} type="date" value={value.before} onInput={set("before")} />
      </div>
    </Card>
  );
}
