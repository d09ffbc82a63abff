/* Local Domains: whose letters are ours, where letters to nobody go, and what the Internet sees of a domain. */
import { useState } from "preact/hooks";
import { useAsk } from "../../api/ask.ts";
import { drop, get, patch, post, seg } from "../../api/client.ts";
import type { DnsRecords, Domain } from "../../api/types.ts";
import { language, t, tOf } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { Confirm, Dialog } from "../../parts/dialog.tsx";
import { Choose, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Loaded, Tag } from "../../parts/page.tsx";
import { type List, Rows } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";
import { Findings } from "./findings.tsx";
import { check } from "./general.tsx";
import { Keys } from "./keys.tsx";

type Open = { act: "add" } | { act: "edit" | "check" | "remove"; domain: Domain };

export function Domains() {
  const asked = useAsk("domains", () => get<List<Domain>>("domains"));
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <Card
      flush
      title={t("domains.title")}
      lead={t("domains.lead")}
      acts={
        <Button kind="main-act" icon="plus" onPress={() => setOpen({ act: "add" })}>
          {t("domains.add")}
        </Button>
      }
    >
      <Loaded of={asked}>
        {(found) => (
          <Rows
            label={t("domains.title")}
            rows={found.items}
            id={(one) => one.name}
            columns={[
              {
                name: "name",
                head: t("domains.name"),
                main: true,
                cell: (one) =>
                  one.readable === one.name ? (
                    one.name
                  ) : (
                    <span class="cell-two">
                      {one.readable}
                      <span class="small muted">{one.name}</span>
                    </span>
                  ),
              },
              {
                name: "role",
                head: t("domains.role"),
                cell: (one) =>
                  one.primary ? (
                    <Tag tone="accent">{t("domains.primary")}</Tag>
                  ) : one.alias_of ? (
                    t("domains.alias", { domain: one.alias_of })
                  ) : (
                    t("domains.own")
                  ),
              },
              {
                name: "catch-all",
                head: t("domains.catch-all"),
                cell: (one) =>
                  one.alias_of
                    ? ""
                    : one.catch_all
                      ? t("domains.to", { address: one.catch_all })
                      : t("domains.refused"),
              },
              {
                name: "acts",
                head: t("part.acts"),
                acts: true,
                cell: (domain) => (
                  <div class="row end">
                    <a class="button plain small" href={`/coach/${seg(domain.name)}`}>
                      {t("domains.coach")}
                    </a>
                    <Button small onPress={() => setOpen({ act: "check", domain })}>
                      {t("domains.check")}
                    </Button>
                    {!domain.alias_of && (
                      <Button small onPress={() => setOpen({ act: "edit", domain })}>
                        {t("part.edit")}
                      </Button>
                    )}
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={t("domains.remove", { name: domain.name })}
                      onPress={() => setOpen({ act: "remove", domain })}
                    />
                  </div>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      {open?.act === "add" && <Add known={asked.data?.items ?? []} onClose={close} then={asked.again} />}
      {open?.act === "edit" && <CatchAll domain={open.domain} onClose={close} then={asked.again} />}
      {open?.act === "check" && <Checked domain={open.domain} onClose={close} />}
      {open?.act === "remove" && (
        <Confirm
          title={t("domains.remove", { name: open.domain.name })}
          name={open.domain.name}
          act={t("part.remove")}
          onClose={close}
          onDo={async () => {
            await drop(`domains/${seg(open.domain.name)}`);
            asked.again();
            say(t("domains.removed", { name: open.domain.name }));
          }}
        >
          <p>{t("domains.remove-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Add({ known, onClose, then }: { known: readonly Domain[]; onClose: () => void; then: () => void }) {
  const [name, setName] = useState("");
  const [of, setOf] = useState("");
  const sending = useSending();
  const add = async () => {
    const done = await sending.run(() => post("domains", { name: name.trim(), ...(of && { alias_of: of }) }));
    if (!done) return;
    then();
    onClose();
    say(t("domains.added", { name: name.trim() }));
  };
  const others = known
    .filter((one) => !one.alias_of)
    .map((one) => ({ value: one.name, text: t("domains.alias", { domain: one.name }) }));
  return (
    <Dialog title={t("domains.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["name"]}>
        <TextField
          label={t("domains.name")}
          help={t("domains.add-help")}
          error={sending.wrong("name")}
          value={name}
          onInput={setName}
        />
        <Choose
          label={t("domains.alias-of")}
          help={t("domains.alias-help")}
          value={of}
          options={[{ value: "", text: t("domains.own-option") }, ...others]}
          onInput={setOf}
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={!name.trim()}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function CatchAll({ domain, onClose, then }: { domain: Domain; onClose: () => void; then: () => void }) {
  const [target, setTarget] = useState(domain.catch_all ?? "");
  const [strictness, setStrictness] = useState(domain.strictness);
  const sending = useSending();
  const save = async () => {
    const change = (to: string | null, far: string) =>
      patch(`domains/${seg(domain.name)}`, { catch_all: to, strictness: far });
    if (!(await sending.run(() => change(target.trim() || null, strictness)))) return;
    then();
    onClose();
    say(t("domains.changed", { name: domain.name }), () =>
      change(domain.catch_all, domain.strictness).then(then),
    );
  };
  return (
    <Dialog title={t("domains.edit", { name: domain.name })} onClose={onClose}>
      <Form onSubmit={save} sending={sending} fields={["catch_all"]}>
        <TextField
          label={t("domains.catch-all")}
          help={t("domains.catch-help")}
          error={sending.wrong("catch_all")}
          value={target}
          onInput={setTarget}
          optional
        />
        <Choose
          label={t("domains.strictness")}
          help={t("domains.strictness-help")}
          value={strictness}
          options={(["refuse", "junk", "mark"] as const).map((value) => ({
            value,
            text: tOf("strictness", value) ?? value,
          }))}
          onInput={setStrictness}
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy}>
            {t("part.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Checked({ domain, onClose }: { domain: Domain; onClose: () => void }) {
  const asked = useAsk(`check ${domain.name}`, () => check(domain.name));
  const whole = useAsk(`records ${domain.name}`, () =>
    get<DnsRecords>(`domains/${seg(domain.name)}/records?language=${language.get()}`),
  );
  return (
    <Dialog title={t("domains.report", { name: domain.name })} wide onClose={onClose}>
      {asked.busy && <p class="help">{t("domains.looking")}</p>}
      <Loaded of={asked}>{(report) => <Findings report={report} />}</Loaded>
      <Loaded of={whole} lines={2}>
        {(records) => <Records records={records} />}
      </Loaded>
      <Keys domain={domain.name} />
    </Dialog>
  );
}

/** What to enter where the domain is managed. */
function Records({ records }: { records: DnsRecords }) {
  if (!records.items.length) return null;
  return (
    <div class="stack tight">
      <h3>{t("domains.records")}</h3>
      <p class="help">{t("domains.records-lead")}</p>
      {records.items.map((one) => (
        <div key={`${one.type} ${one.name} ${one.value}`} class="record">
          <Tag tone={one.needed ? "accent" : ""}>{one.type}</Tag>
          <code>{one.name}</code>
          <Copy text={one.value} what={`${one.type} ${one.name}`} />
          <span class="help">{one.purpose}</span>
        </div>
      ))}
      <details class="small">
        <summary>{t("records.zone")}</summary>
        <p class="help">{t("records.zone-lead")}</p>
        <pre class="said">{records.zone}</pre>
      </details>
    </div>
  );
}
