/* The log as it is written: filtered, stopped to read, searched back, taken away. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAsk } from "../api/ask.ts";
import { get, path } from "../api/client.ts";
import { useLog } from "../api/live.ts";
import type { LogLine } from "../api/types.ts";
import { clock, exact } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button, LinkButton } from "../parts/button.tsx";
import { SearchField } from "../parts/field.tsx";
import { Bones, Card, Empty, Failed, Page, Tag } from "../parts/page.tsx";
import { type List, useCalm } from "../parts/table.tsx";
import { place } from "../router.ts";

const CATEGORIES = ["smtp", "pop3", "imap", "web", "auth", "delivery", "system", "finger", "spam"];
const LEVELS = ["debug", "info", "warning", "error"];
const MOST = 600;
/** What is shown elsewhere in the line, or says little. */
const HEAD = new Set(["time", "category", "level", "event"]);
const LINKED = new Set(["session", "letter", "user", "peer", "ip"]);

export function LogPage() {
  const [search, setSearch] = useState(place.get().query.get("search") ?? "");
  const [category, setCategory] = useState("");
  const [level, setLevel] = useState("");
  const [held, setHeld] = useState<LogLine[] | null>(null);
  const [lines, setLines] = useState<LogLine[]>([]);
  const wanted = useCalm(search).trim();
  const past = useAsk(`log ${category} ${wanted}`, () =>
    get<List<LogLine>>("log", { protocol: category, search: wanted, limit: 200 }),
  );
  const fits = useMemo(() => filter(category, level, wanted), [category, level, wanted]);
  useEffect(() => {
    if (past.data) setLines([...past.data.items].reverse());
  }, [past.data]);
  const paused = held !== null;
  const hear = useRef<(line: LogLine) => void>(() => undefined);
  hear.current = (line) => {
    if (!fits(line)) return;
    if (paused) setHeld((old) => [...(old ?? []), line].slice(-MOST));
    else setLines((old) => [...old, line].slice(-MOST));
  };
  useLog(useCallback((line: LogLine) => hear.current(line), []));
  const goOn = () => {
    setLines([...lines, ...(held ?? [])].slice(-MOST));
    setHeld(null);
  };
  const shown = lines.filter(fits);
  return (
    <Page
      title={t("log.title")}
      lead={t("log.lead")}
      acts={
        <>
          {held ? (
            <Button kind="main-act" icon="play" onPress={goOn}>
              {t("log.go-on")}
              {held.length > 0 && ` · ${t("log.waiting", { n: held.length })}`}
            </Button>
          ) : (
            <Button icon="pause" onPress={() => setHeld([])}>
              {t("log.pause")}
            </Button>
          )}
          <LinkButton
            icon="download"
            href={path("log/export", { protocol: category, search: wanted })}
            download="hawknest.log"
          >
            {t("log.export")}
          </LinkButton>
        </>
      }
    >
      <div class="tools">
        <SearchField label={t("log.search")} value={search} onInput={setSearch} />
        <Select
          label={t("log.category")}
          value={category}
          all={t("log.any")}
          options={CATEGORIES.map((one) => [one, tOf("log.cat", one) ?? one])}
          onInput={setCategory}
        />
        <Select
          label={t("log.level")}
          value={level}
          all={t("log.level-any")}
          options={LEVELS.slice(1).map((one) => [one, tOf("log.lev", one) ?? one])}
          onInput={setLevel}
        />
      </div>
      <Card flush>
        {past.error && <Failed problem={past.error} again={past.again} />}
        {shown.length ? (
          <Lines lines={shown} follow={!paused} onSearch={setSearch} />
        ) : past.busy ? (
          <div class="pad">
            <Bones lines={6} />
          </div>
        ) : (
          <Empty icon="log" title={wanted ? t("part.nothing-found", { search: wanted }) : t("log.empty")}>
            {wanted ? null : t("log.empty-lead")}
          </Empty>
        )}
      </Card>
    </Page>
  );
}

function Select(props: {
  label: string;
  value: string;
  all: string;
  options: (readonly [string, string])[];
  onInput: (value: string) => void;
}) {
  return (
    <select
      class="input auto"
      aria-label={props.label}
      value={props.value}
      onInput={(e) => props.onInput(e.currentTarget.value)}
    >
      <option value="">{props.all}</option>
      {props.options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

function filter(category: string, level: string, search: string): (line: LogLine) => boolean {
  const least = LEVELS.indexOf(level);
  const needle = search.toLowerCase();
  return (line) =>
    (!category || line.category === category) &&
    LEVELS.indexOf(line.level) >= least &&
    (!needle || JSON.stringify(line).toLowerCase().includes(needle));
}

function Lines({
  lines,
  follow,
  onSearch,
}: {
  lines: LogLine[];
  follow: boolean;
  onSearch: (text: string) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  useEffect(() => {
    const element = box.current;
    if (element && follow && stuck.current) element.scrollTop = element.scrollHeight;
  }, [lines, follow]);
  return (
    <div
      class="log"
      ref={box}
      role="log"
      aria-label={t("log.lines")}
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
      tabIndex={0}
      onScroll={() => {
        const element = box.current;
        if (element) stuck.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40;
      }}
    >
      {lines.map((line, n) => (
        <Line key={`${line.time}${n}`} line={line} onSearch={onSearch} />
      ))}
    </div>
  );
}

function Line({ line, onSearch }: { line: LogLine; onSearch: (text: string) => void }) {
  const at = Date.parse(line.time) / 1000;
  const said = line.event === "said";
  const fields = Object.entries(line).filter(
    ([name, value]) =>
      !HEAD.has(name) && value !== "" && value !== null && !(said && (name === "text" || name === "side")),
  );
  return (
    <div class={`log-line ${line.level}`}>
      <time title={Number.isNaN(at) ? line.time : exact(at)}>{Number.isNaN(at) ? line.time : clock(at)}</time>
      <Tag tone={line.level === "error" ? "bad" : line.level === "warning" ? "warn" : ""}>
        {tOf("log.cat", line.category) ?? line.category}
      </Tag>
      <span class="log-words">
        {said ? (
          <>
            <span class={line.side === "C" ? "side-c" : "side-s"}>{String(line.side)}:</span>{" "}
            {String(line.text)}
          </>
        ) : (
          <b>{line.event}</b>
        )}{" "}
        {fields.map(([name, value]) => (
          <FieldOf
            key={name}
            name={name}
            value={typeof value === "object" ? JSON.stringify(value) : String(value)}
            onSearch={onSearch}
          />
        ))}
      </span>
    </div>
  );
}

function FieldOf({
  name,
  value,
  onSearch,
}: {
  name: string;
  value: string;
  onSearch: (text: string) => void;
}) {
  return (
    <span class="log-field">
      {name}=
      {name === "letter" ? (
        <a href={`/letters/${encodeURIComponent(value)}`} title={t("log.letter")}>
          {value}
        </a>
      ) : LINKED.has(name) ? (
        <button
          type="button"
          class="link"
          title={t("log.about", { name, value })}
          onClick={() => onSearch(value)}
        >
          {value}
        </button>
      ) : (
        value
      )}{" "}
    </span>
  );
}
