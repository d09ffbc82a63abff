/* The log as it is written: filtered, stopped to read, searched back, taken away. */
import { useEffect, useRef, useState } from "preact/hooks";
import { path } from "../api/client.ts";
import type { LogLine } from "../api/types.ts";
import { clock, exact } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button, LinkButton } from "../parts/button.tsx";
import { SearchField } from "../parts/field.tsx";
import { Bones, Card, Empty, Failed, Page, Tag } from "../parts/page.tsx";
import { useCalm } from "../parts/table.tsx";
import { place } from "../router.ts";
import { LEVELS, type Log, useLines } from "./loglines.ts";

const CATEGORIES = ["smtp", "pop3", "imap", "web", "auth", "delivery", "system", "finger"];
/** What is shown elsewhere in the line, or says little. */
const HEAD = new Set(["time", "category", "level", "event"]);
const LINKED = new Set(["session", "user", "login", "peer"]);

export function LogPage() {
  const [search, setSearch] = useState(place.get().query.get("search") ?? "");
  const [category, setCategory] = useState("");
  const [level, setLevel] = useState("");
  const [day, setDay] = useState("");
  const wanted = useCalm(search).trim();
  const log = useLines({ category, level, day, search: wanted });
  return (
    <Page
      title={t("log.title")}
      lead={t("log.lead")}
      acts={<Acts log={log} href={path("log/export", { protocol: category, level, search: wanted, day })} />}
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
        <Select
          label={t("log.day")}
          value={day}
          all={t("log.now")}
          options={log.days.map((one) => [one, one])}
          onInput={setDay}
        />
      </div>
      <Card flush>
        {log.error && <Failed problem={log.error} again={log.again} />}
        {log.lines.length ? (
          <Lines log={log} onSearch={setSearch} />
        ) : log.busy ? (
          <div class="pad">
            <Bones lines={6} />
          </div>
        ) : (
          !log.error && (
            <Empty
              icon="log"
              title={wanted ? t("part.nothing-found", { search: wanted }) : t("log.empty")}
              act={log.earlier && <Button onPress={log.earlier}>{t("log.earlier")}</Button>}
            >
              {wanted ? null : t("log.empty-lead")}
            </Empty>
          )
        )}
      </Card>
    </Page>
  );
}

function Acts({ log, href }: { log: Log; href: string }) {
  return (
    <>
      {log.waiting === null ? (
        <Button icon="pause" onPress={log.pause}>
          {t("log.pause")}
        </Button>
      ) : (
        <Button kind="main-act" icon="play" onPress={log.goOn}>
          {t("log.go-on")}
          {log.waiting > 0 && ` · ${t("log.waiting", { n: log.waiting })}`}
        </Button>
      )}
      <LinkButton icon="download" href={href} download="hawknest.jsonl">
        {t("log.export")}
      </LinkButton>
    </>
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

function Lines({ log, onSearch }: { log: Log; onSearch: (text: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const last = log.lines.at(-1);
  useEffect(() => {
    const element = box.current;
    if (element && stuck.current) element.scrollTop = element.scrollHeight;
  }, [last]);
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
      {log.earlier && (
        <div class="log-earlier">
          <Button small onPress={log.earlier}>
            {t("log.earlier")}
          </Button>
        </div>
      )}
      {log.lines.map((line) => (
        <Line key={idOf(line)} line={line} onSearch={onSearch} />
      ))}
    </div>
  );
}

const ids = new WeakMap<LogLine, number>();
let newest = 0;

/** A number of a line's own: lines come at both ends. */
function idOf(line: LogLine): number {
  const known = ids.get(line);
  if (known !== undefined) return known;
  newest += 1;
  ids.set(line, newest);
  return newest;
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
