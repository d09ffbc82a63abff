/* A list from the server: searched, sorted and paged there, so that ten thousand users are no more than ten. On a phone each
   row is a card. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Asked, useAsk } from "../api/ask.ts";
import { get } from "../api/client.ts";
import { number } from "../i18n/format.ts";
import { language, t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { SearchField } from "./field.tsx";
import { Icon } from "./icon.tsx";
import { Bones, Failed } from "./page.tsx";

export interface List<T> {
  items: T[];
  next: string | null;
  /** null: not counted. */
  total?: number | null;
}

export interface Column<T> {
  name: string;
  head: string;
  cell: (row: T) => ComponentChildren;
  /** It can be sorted by, in this direction. */
  sort?: "ascending" | "descending";
  end?: boolean;
  /** The cell names the row. */
  main?: boolean;
  acts?: boolean;
}

interface Paging {
  search: string;
  setSearch: (text: string) => void;
  sort: string;
  setSort: (sort: string) => void;
  page: number;
  forward: () => void;
  backward: () => void;
}

export type Listing<T> = Asked<List<T>> & Paging;

/** Ask for a list; what the query narrows down begins at the first page again. */
export function useList<T>(
  noun: string,
  query: Record<string, string> = {},
  limit = 50,
  first = "",
): Listing<T> {
  const [search, setSearch] = useState("");
  const [sort, setSort] = useState(first);
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const wanted = useCalm(search);
  const narrow = JSON.stringify([query, wanted, sort]);
  const [seen, setSeen] = useState(narrow);
  const trail = seen === narrow ? cursors : [];
  useEffect(() => {
    setSeen(narrow);
    setCursors([]);
  }, [narrow]);
  const after = trail.at(-1) ?? "";
  const asked = useAsk(`${noun}${narrow}${after}`, () =>
    get<List<T>>(noun, { ...query, search: wanted, sort, after, limit }),
  );
  return {
    ...asked,
    search,
    setSearch,
    sort,
    setSort,
    page: trail.length,
    forward: () => asked.data?.next && setCursors([...trail, asked.data.next]),
    backward: () => setCursors(trail.slice(0, -1)),
  };
}

/** What somebody types, when they have stopped typing. */
export function useCalm(text: string, milliseconds = 250): string {
  const [calm, setCalm] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(text), milliseconds);
    return () => clearTimeout(timer);
  }, [text, milliseconds]);
  return calm;
}

export function Tools(props: {
  list?: Pick<Paging, "search" | "setSearch">;
  search?: string;
  children?: ComponentChildren;
}) {
  return (
    <div class="tools card-tools">
      {props.list && (
        <SearchField
          label={props.search ?? t("part.search")}
          value={props.list.search}
          onInput={props.list.setSearch}
        />
      )}
      {props.children}
    </div>
  );
}

export function Table<T>(props: {
  label: string;
  list: Listing<T>;
  columns: readonly Column<T>[];
  id: (row: T) => string;
  empty: ComponentChildren;
}) {
  const { list, columns } = props;
  if (list.error && !list.data)
    return (
      <div class="pad">
        <Failed problem={list.error} again={list.again} />
      </div>
    );
  if (!list.data)
    return (
      <div class="pad">
        <Bones lines={6} />
      </div>
    );
  const rows = list.data.items;
  if (!rows.length && !list.page)
    return (
      <>
        {list.search ? <p class="empty">{t("part.nothing-found", { search: list.search })}</p> : props.empty}
      </>
    );
  return (
    <>
      <Rows
        label={props.label}
        rows={rows}
        columns={columns}
        id={props.id}
        sort={list.sort}
        onSort={list.setSort}
      />
      {(list.page > 0 || list.data.next !== null || rows.length > 9) && (
        <div class="foot">
          <span>{typeof list.data.total === "number" && t("part.total", { n: list.data.total })}</span>
          {(list.page > 0 || list.data.next !== null) && (
            <div class="row">
              <Button small icon="back" disabled={!list.page} onPress={list.backward}>
                {t("part.previous")}
              </Button>
              <span class="num">{number(list.page + 1)}</span>
              <Button small disabled={list.data.next === null} onPress={list.forward}>
                {t("part.next")}
                <Icon name="chevron" />
              </Button>
            </div>
          )}
        </div>
      )}
    </>
  );
}

/** The table itself, of rows that are here already. */
export function Rows<T>(props: {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string;
  sort?: string;
  onSort?: (sort: string) => void;
}) {
  const { columns, sort = "" } = props;
  return (
    <div class="table-box">
      <table lang={language.get()}>
        <caption class="hidden-visually">{props.label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                class={column.end ? "end" : undefined}
                aria-sort={sort === column.name ? column.sort : undefined}
              >
                {column.sort && props.onSort ? (
                  <SortButton
                    on={sort === column.name}
                    up={column.sort === "ascending"}
                    onSort={() => props.onSort?.(column.name)}
                  >
                    {column.head}
                  </SortButton>
                ) : column.acts ? (
                  <span class="hidden-visually">{column.head}</span>
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.id(row)}>
              {columns.map((column) =>
                column.main ? (
                  <th key={column.name} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td
                    key={column.name}
                    class={column.acts ? "acts end" : column.end ? "end num" : undefined}
                    data-label={column.acts ? undefined : column.head}
                  >
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SortButton(props: { on: boolean; up: boolean; onSort: () => void; children: ComponentChildren }) {
  return (
    <button
      type="button"
      class={props.up ? "sort up" : "sort"}
      data-on={props.on || undefined}
      onClick={props.onSort}
    >
      {props.children}
      <Icon name="down" />
    </button>
  );
}
