/* Letters that wait to leave: hold, try again, send another way, drop. */
import { useEffect, useState } from "preact/hooks";
import { post } from "../api/client.ts";
import { status } from "../api/live.ts";
import type { Waiting } from "../api/types.ts";
import { ago, size } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button, LinkButton } from "../parts/button.tsx";
import { Confirm, Dialog } from "../parts/dialog.tsx";
import { TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { Card, Dot, Empty, Page } from "../parts/page.tsx";
import { Table, Tools, useList } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";
import { useCell } from "../state.ts";

export function QueuePage() {
  const list = useList<Waiting>("queue");
  const live = useCell(status);
  const sign = `${live?.pending} ${live?.delivering} ${live?.held}`;
  useEffect(() => {
    if (list.data) list.again();
  }, [sign]);
  const [dropping, setDropping] = useState<Waiting | null>(null);
  const [routing, setRouting] = useState<Waiting | null>(null);
  const act = async (one: Waiting, what: string, words: string, back?: string) => {
    await post(`queue/${one.number}/${what}`);
    list.again();
    say(words, back ? () => post(`queue/${one.number}/${back}`).then(list.again) : undefined);
  };
  const retryAll = async () => {
    await post("queue/all/retry");
    list.again();
    say(t("queue.retried"));
  };
  return (
    <Page
      title={t("queue.title")}
      lead={t("queue.lead")}
      acts={
        <Button icon="refresh" disabled={!list.data?.items.length} onPress={retryAll}>
          {t("queue.retry-all")}
        </Button>
      }
    >
      <Tools list={list} />
      <Card flush>
        <Table
          label={t("queue.title")}
          list={list}
          id={(one) => String(one.number)}
          empty={
            <Empty icon="send" title={t("queue.empty")}>
              {t("queue.empty-lead")}
            </Empty>
          }
          columns={[
            {
              name: "to",
              head: t("queue.to"),
              main: true,
              cell: (one) => (
                <span class="cell-two">
                  <a href={`/letters/${one.letter}`}>{one.to}</a>
                  <span class="small muted">
                    {t("queue.from")}: {one.from || t("queue.nobody")}
                  </span>
                </span>
              ),
            },
            { name: "state", head: t("queue.state"), cell: (one) => <StateOf one={one} /> },
            {
              name: "said",
              head: t("queue.said"),
              cell: (one) =>
                one.last_words && (
                  <span class="cell-two">
                    <span class="said-short">{one.last_words}</span>
                    <span class="small muted">{t("queue.given-up", { when: ago(one.expires_at) })}</span>
                  </span>
                ),
            },
            {
              name: "size",
              head: t("queue.size"),
              end: true,
              cell: (one) => <span class="nowrap">{size(one.size)}</span>,
            },
            {
              name: "acts",
              head: t("part.acts"),
              acts: true,
              cell: (one) => (
                <div class="row end">
                  <Button small onPress={() => act(one, "retry", t("queue.retried"))}>
                    {t("queue.retry")}
                  </Button>
                  {one.state === "held" ? (
                    <Button
                      small
                      onPress={() => act(one, "release", t("queue.released", { to: one.to }), "hold")}
                    >
                      {t("queue.release")}
                    </Button>
                  ) : (
                    <Button
                      small
                      onPress={() => act(one, "hold", t("queue.held-now", { to: one.to }), "release")}
                    >
                      {t("queue.hold")}
                    </Button>
                  )}
                  <Button
                    small
                    kind="quiet"
                    icon="route"
                    alone={`${t("queue.reroute")}: ${one.to}`}
                    onPress={() => setRouting(one)}
                  />
                  <Button
                    small
                    kind="quiet"
                    icon="trash"
                    alone={`${t("queue.drop")}: ${one.to}`}
                    onPress={() => setDropping(one)}
                  />
                </div>
              ),
            },
          ]}
        />
      </Card>
      {dropping && <DropOne one={dropping} onClose={() => setDropping(null)} then={list.again} />}
      {routing && <Reroute one={routing} onClose={() => setRouting(null)} then={list.again} />}
    </Page>
  );
}

function StateOf({ one }: { one: Waiting }) {
  const due = one.next_at <= Date.now() / 1000;
  return (
    <span class="cell-two">
      {one.state === "held" ? (
        <Dot tone="off">{t("queue.held")}</Dot>
      ) : one.state === "delivering" ? (
        <Dot tone="good">{t("queue.delivering")}</Dot>
      ) : (
        <Dot tone={one.attempts ? "warn" : "good"}>
          {due ? t("queue.due") : t("queue.later", { when: ago(one.next_at) })}
        </Dot>
      )}
      {one.attempts > 0 && <span class="small muted">{t("queue.tries", { n: one.attempts })}</span>}
    </span>
  );
}

function DropOne({ one, onClose, then }: { one: Waiting; onClose: () => void; then: () => void }) {
  const [tell, setTell] = useState(one.from !== "");
  return (
    <Confirm
      title={t("queue.drop-title", { to: one.to })}
      act={t("queue.drop")}
      onClose={onClose}
      onDo={async () => {
        await post(`queue/${one.number}/drop`, { tell_sender: tell });
        then();
        say(t("queue.dropped", { to: one.to }));
      }}
    >
      <p>{t("queue.drop-words")}</p>
      {one.from && (
        <label class="check">
          <input type="checkbox" checked={tell} onInput={(e) => setTell(e.currentTarget.checked)} />
          {t("queue.drop-tell")}
        </label>
      )}
      <LinkButton small kind="quiet" icon="route" href={`/letters/${one.letter}`}>
        {t("queue.journey")}
      </LinkButton>
    </Confirm>
  );
}

function Reroute({ one, onClose, then }: { one: Waiting; onClose: () => void; then: () => void }) {
  const [host, setHost] = useState("");
  const sending = useSending();
  const route = async () => {
    if (!(await sending.run(() => post(`queue/${one.number}/reroute`, { to: host.trim() })))) return;
    then();
    onClose();
    say(t("queue.rerouted", { host: host.trim() }));
  };
  return (
    <Dialog title={t("queue.reroute")} onClose={onClose}>
      <Form onSubmit={route} sending={sending} fields={["to"]}>
        <p class="help">{t("queue.reroute-lead")}</p>
        <TextField
          label={t("queue.reroute-host")}
          help={t("queue.reroute-help")}
          error={sending.wrong("to")}
          value={host}
          onInput={setHost}
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!host.trim()}>
            {t("queue.reroute-go")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
