/* What happened to one letter, as a line of time: how it came, what was decided, every attempt, in the other server's words too. */
import { useAsk } from "../api/ask.ts";
import type { Journey, Step } from "../api/types.ts";
import { ago, date, exact, listed, size, clock as timeOf } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Copy } from "../parts/copy.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Bones, Card, Failed, Notice, Page } from "../parts/page.tsx";
import { oneLetter } from "./letters.tsx";

/** Fields of a step that hold what the other server said. */
const WORDS = ["words", "reply", "said", "reason", "error"];
const MARKS: Record<string, [tone: string, icon: IconName]> = {
  filed: ["good", "check"],
  checked: ["good", "shield"],
  "checked-refuse": ["bad", "ban"],
  "checked-defer": ["warn", "pause"],
  junk: ["warn", "trash"],
  "put off": ["warn", "pause"],
  delivered: ["good", "check"],
  answered: ["good", "send"],
  queued: ["", "queue"],
  "leads to": ["", "route"],
  forwarded: ["", "route"],
  deferred: ["warn", "pause"],
  delayed: ["warn", "queue"],
  failed: ["bad", "close"],
  bounced: ["bad", "back"],
  refused: ["bad", "ban"],
  loop: ["bad", "refresh"],
  nowhere: ["bad", "ban"],
  held: ["warn", "pause"],
  dropped: ["bad", "trash"],
};

export function JourneyPage({ trace, own }: { trace: string; own: boolean }) {
  const asked = useAsk(`letters/${trace}`, () => oneLetter<Journey>(trace));
  return (
    <Page
      title={t("letters.of", { id: trace })}
      back={{ href: own ? "/me/letters" : "/letters", text: t("letters.all") }}
    >
      {asked.data ? (
        <Told journey={asked.data} />
      ) : asked.error ? (
        <>
          <Failed problem={asked.error} again={asked.again} />
          <p class="help">{t("letters.kept")}</p>
        </>
      ) : (
        <Bones lines={6} />
      )}
    </Page>
  );
}

function Told({ journey }: { journey: Journey }) {
  const { letter, steps, waiting } = journey;
  return (
    <>
      <Card title={t("letters.details")}>
        <dl class="facts">
          <dt>{t("letters.from")}</dt>
          <dd>{letter.sender || t("letters.null")}</dd>
          <dt>{t("letters.at")}</dt>
          <dd>{exact(letter.at)}</dd>
          <dt>{t("letters.size")}</dt>
          <dd>{size(letter.size)}</dd>
          {letter.message_id && (
            <>
              <dt>{t("letters.message-id")}</dt>
              <dd>
                <Copy text={letter.message_id} what={t("letters.message-id")} />
              </dd>
            </>
          )}
        </dl>
      </Card>
      {waiting.map((one) => (
        <Notice key={one.to} tone="warn">
          {one.held
            ? t("letters.waits-held", { address: one.to })
            : t("letters.waits", { address: one.to, attempts: one.attempts, when: ago(one.next_at) })}
        </Notice>
      ))}
      <Card title={t("letters.journey")}>
        <ol class="timeline">
          <Moment
            at={letter.at}
            mark={["", "letter"]}
            words={letter.peer ? t("step.came", { peer: letter.peer }) : t("step.made")}
            sub={tOf("by", letter.service) ?? letter.service}
            detail={letter.detail}
            said={[]}
            first
          />
          {steps.map((step, n) => (
            <StepOf key={n} step={step} before={(steps[n - 1] ?? letter).at} />
          ))}
        </ol>
      </Card>
    </>
  );
}

function StepOf({ step, before }: { step: Step; before: number }) {
  const { to, tried, next, proof, signed, unsigned, rewritten, sealed, ...detail } = step.detail;
  const said = WORDS.filter((name) => detail[name]).map((name) => String(detail[name]));
  for (const name of WORDS) delete detail[name];
  const others = (Array.isArray(tried) ? tried : []) as { host?: string; ip?: string; said?: string }[];
  const checked = step.event === "checked";
  const kind =
    checked && (detail.verdict === "refuse" || detail.verdict === "defer")
      ? `checked-${detail.verdict}`
      : step.event;
  const left = [
    typeof rewritten === "string" && t("step.rewritten", { domain: rewritten }),
    typeof signed === "string" && t("step.signed", { by: signed }),
    typeof sealed === "string" && t("step.sealed", { domain: sealed }),
    typeof unsigned === "string" && (tOf("unsigned", unsigned) ?? unsigned),
  ].filter((line) => typeof line === "string");
  const lines = checked ? found(detail) : left;
  const words = tOf("step", kind, {
    address: step.address,
    to: Array.isArray(to) ? listed(to.map(String)) : String(to ?? ""),
  });
  return (
    <Moment
      at={step.at}
      mark={MARKS[kind] ?? ["", "info"]}
      words={words ?? `${step.event} ${step.address}`}
      sub={
        typeof next === "number" && next > Date.now() / 1000
          ? t("queue.later", { when: ago(next) })
          : overOf(step.event, detail, proof)
      }
      lines={lines}
      detail={detail}
      said={[...others.map((one) => `${one.host ?? one.ip ?? ""}: ${one.said ?? ""}`), ...said]}
      first={date(step.at) !== date(before)}
    />
  );
}

/** What protected a letter that another server took. */
function overOf(event: string, detail: Record<string, unknown>, proof: unknown): string | undefined {
  if (event !== "delivered" || !("ip" in detail)) return undefined;
  const tls = String(detail.tls ?? "")
    .split(" ")[0]
    ?.replace("TLSv", "TLS ");
  return tOf("over", tls ? String(proof || "tls") : "clear", { tls: tls ?? "" });
}

type Found = { result?: string; domain?: string; name?: string; policy?: string };

/** What was found out about a stranger's letter, line by line; it is taken out of the details. */
function found(detail: Record<string, unknown>): string[] {
  const take = (name: string) => {
    const value = detail[name] as Found | undefined;
    delete detail[name];
    return value ?? {};
  };
  const line = (method: string, one: Found) =>
    tOf("check", `${method}.${one.result}`, { domain: one.domain ?? "", name: one.name ?? "" });
  const signatures = Array.isArray(detail.dkim) ? (detail.dkim as Found[]) : [{ result: "none" }];
  const zones = (name: string) =>
    Array.isArray(detail[name])
      ? tOf("check", name, { zones: listed((detail[name] as unknown[]).map(String)) })
      : undefined;
  const dmarc = take("dmarc");
  const lines = [
    line("iprev", take("iprev")),
    line("spf", take("spf")),
    ...signatures.map((one) => line("dkim", one)),
    line("dmarc", dmarc),
    line("policy", { result: dmarc.policy ?? "", domain: dmarc.domain ?? "" }),
    line("arc", take("arc")),
    zones("listed"),
    zones("vouched"),
    detail.excused ? t("check.excused") : undefined,
  ];
  for (const name of ["dkim", "listed", "vouched", "excused", "verdict"]) delete detail[name];
  return lines.filter((one) => one !== undefined);
}

function Moment(props: {
  at: number;
  mark: readonly [string, IconName];
  words: string;
  sub?: string | undefined;
  lines?: readonly string[];
  detail: Record<string, unknown>;
  said: readonly string[];
  first?: boolean;
}) {
  const [tone, icon] = props.mark;
  const rest = Object.entries(props.detail).filter(
    ([, value]) => value !== "" && value !== null && !(Array.isArray(value) && !value.length),
  );
  return (
    <li class={`moment ${tone}`}>
      <time dateTime={new Date(props.at * 1000).toISOString()} title={exact(props.at)}>
        {props.first && <>{date(props.at)} </>}
        {timeOf(props.at)}
      </time>
      <span class="moment-mark">
        <Icon name={icon} />
      </span>
      <div class="moment-words">
        <span>{props.words}</span>
        {props.sub && <span class="small muted">{props.sub}</span>}
        {props.lines && props.lines.length > 0 && (
          <ul class="found small">
            {props.lines.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {props.said.map((line, n) => (
          <div key={n}>
            <span class="hidden-visually">{t("letters.said")}: </span>
            <p class="said">{line}</p>
          </div>
        ))}
        {rest.length > 0 && (
          <details class="small">
            <summary>{t("letters.more")}</summary>
            <dl class="facts">
              {rest.map(([name, value]) => (
                <Pair key={name} name={name} value={value} />
              ))}
            </dl>
          </details>
        )}
      </div>
    </li>
  );
}

function Pair({ name, value }: { name: string; value: unknown }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
    </>
  );
}
