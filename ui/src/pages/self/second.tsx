/* The second step at sign-in: an authenticator app, passkeys, recovery codes. */
import { useState } from "preact/hooks";
import { useAsk } from "../../api/ask.ts";
import { drop, get, Problem, post, seg } from "../../api/client.ts";
import * as passkey from "../../api/passkey.ts";
import type { Own, Passkey } from "../../api/types.ts";
import { ago } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Copy, Secret } from "../../parts/copy.tsx";
import { Confirm, Dialog } from "../../parts/dialog.tsx";
import { PasswordField, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Loaded, Tag } from "../../parts/page.tsx";
import type { List } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";

type Open = "totp" | "totp-off" | "recovery" | "passkey" | { codes: string[] };

export function SecondStep({ own, then }: { own: Own; then: () => void }) {
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const { totp, passkeys, recovery } = own.second;
  const codes = (found: string[]) => {
    then();
    setOpen(found.length ? { codes: found } : null);
  };
  return (
    <Card title={t("second.title")} lead={t("second.lead")}>
      <div class="rules">
        <div class="row between">
          <div class="stack-small">
            <span class="row">
              <h3>{t("second.totp")}</h3>{" "}
              <Tag tone={totp ? "good" : ""}>{totp ? t("second.on") : t("second.off")}</Tag>
            </span>
            <p class="help">{t("second.totp-lead")}</p>
          </div>
          {totp ? (
            <Button onPress={() => setOpen("totp-off")}>{t("second.remove")}</Button>
          ) : (
            <Button onPress={() => setOpen("totp")}>{t("second.begin")}</Button>
          )}
        </div>
        <Passkeys count={passkeys} onAdd={() => setOpen("passkey")} then={then} />
        {(totp || passkeys > 0) && (
          <div class="row between">
            <div class="stack-small">
              <h3>{t("second.recovery")}</h3>
              <p class="help">{t("second.left", { n: recovery })}</p>
            </div>
            <Button onPress={() => setOpen("recovery")}>{t("second.renew")}</Button>
          </div>
        )}
      </div>
      {open === "totp" && <Totp onClose={close} onCodes={codes} />}
      {open === "totp-off" && (
        <Proved
          title={t("second.remove")}
          needed={own.current_needed}
          onClose={close}
          onProved={async (current) => {
            await drop("me/totp", { current });
            then();
            close();
            say(t("second.removed"));
          }}
        />
      )}
      {open === "recovery" && (
        <Proved
          title={t("second.renew")}
          lead={t("second.renew-lead")}
          needed={own.current_needed}
          onClose={close}
          onProved={async (current) =>
            codes((await post<{ recovery: string[] }>("me/recovery", { current })).recovery)
          }
        />
      )}
      {open === "passkey" && <NewPasskey onClose={close} onCodes={codes} />}
      {open && typeof open === "object" && (
        <Dialog title={t("second.recovery")} onClose={close}>
          <p>{t("second.recovery-lead")}</p>
          <Secret text={open.codes.join("\n")} note={t("users.secret")} />
          <div class="row end">
            <Button kind="main-act" onPress={close}>
              {t("part.done")}
            </Button>
          </div>
        </Dialog>
      )}
    </Card>
  );
}

function Totp({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  const begun = useAsk("totp", () => post<{ secret: string; uri: string; svg: string }>("me/totp/begin"));
  const [code, setCode] = useState("");
  const sending = useSending();
  const confirm = () =>
    sending.run(async () => {
      const answer = await post<{ recovery: string[] }>("me/totp/confirm", {
        code: code.normalize("NFKC").replace(/\s/g, ""),
      });
      onCodes(answer.recovery);
    });
  return (
    <Dialog title={t("second.totp")} onClose={onClose}>
      <Loaded of={begun}>
        {({ secret, svg }) => (
          <Form onSubmit={confirm} sending={sending} fields={["code"]}>
            <p>{t("second.scan")}</p>
            <Qr svg={svg} alt={t("second.qr")} />
            <p class="help">{t("second.by-hand")}</p>
            <Copy text={secret} what={t("second.totp")} />
            <TextField
              label={t("second.first-code")}
              error={sending.wrong("code")}
              value={code}
              onInput={setCode}
              autocomplete="one-time-code"
              inputMode="numeric"
              short
            />
            <div class="row end">
              <Button onPress={onClose}>{t("part.cancel")}</Button>
              <Button kind="main-act" submit busy={sending.busy} disabled={!code.trim()}>
                {t("second.confirm")}
              </Button>
            </div>
          </Form>
        )}
      </Loaded>
    </Dialog>
  );
}

/** A QR code that the server drew. */
export function Qr({ svg, alt }: { svg: string; alt: string }) {
  const source = svg.startsWith("data:")
    ? svg
    : `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  return <img class="qr" src={source} alt={alt} width="176" height="176" />;
}

/** Something that only who knows the password may do. */
function Proved(props: {
  title: string;
  lead?: string;
  needed: boolean;
  onClose: () => void;
  onProved: (current: string) => Promise<unknown>;
}) {
  const [current, setCurrent] = useState("");
  const sending = useSending();
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <Form
        onSubmit={() => sending.run(() => props.onProved(current))}
        sending={sending}
        fields={["current"]}
      >
        {props.lead && <p>{props.lead}</p>}
        {props.needed && (
          <PasswordField
            label={t("self.current")}
            help={t("self.current-help")}
            error={sending.wrong("current")}
            value={current}
            onInput={setCurrent}
            autocomplete="current-password"
          />
        )}
        <div class="row end">
          <Button onPress={props.onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy} disabled={props.needed && !current}>
            {props.title}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Passkeys({ count, onAdd, then }: { count: number; onAdd: () => void; then: () => void }) {
  const asked = useAsk(`passkeys ${count}`, () => get<List<Passkey>>("me/passkeys"));
  const [going, setGoing] = useState<Passkey | null>(null);
  return (
    <div class="stack tight">
      <div class="row between">
        <div class="stack-small">
          <h3>{t("second.passkeys")}</h3>
          <p class="help">
            {passkey.possible() ? t("second.passkeys-lead") : t("second.passkey-impossible")}
          </p>
        </div>
        {passkey.possible() && <Button onPress={onAdd}>{t("second.passkey-add")}</Button>}
      </div>
      <Loaded of={asked} lines={1}>
        {(found) =>
          found.items.length ? (
            <ul class="plain-list">
              {found.items.map((one) => (
                <li key={one.id} class="row between">
                  <span>
                    {one.label}{" "}
                    <span class="small muted">
                      {one.used_at ? t("second.used", { when: ago(one.used_at) }) : t("second.unused")}
                    </span>
                  </span>
                  <Button
                    small
                    kind="quiet"
                    icon="trash"
                    alone={t("second.passkey-remove", { label: one.label })}
                    onPress={() => setGoing(one)}
                  />
                </li>
              ))}
            </ul>
          ) : (
            <p class="small muted">{t("second.passkey-none")}</p>
          )
        }
      </Loaded>
      {going && (
        <Confirm
          title={t("second.passkey-remove", { label: going.label })}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`me/passkeys/${seg(going.id)}`);
            asked.again();
            then();
            say(t("second.passkey-removed"));
          }}
        >
          <p>{t("second.passkey-remove-words")}</p>
        </Confirm>
      )}
    </div>
  );
}

function NewPasskey({ onClose, onCodes }: { onClose: () => void; onCodes: (codes: string[]) => void }) {
  const [label, setLabel] = useState("");
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const options = await post<PublicKeyCredentialCreationOptionsJSON>("me/passkeys/begin");
      const made = await passkey.create(options).catch(() => {
        throw new Problem(-1, "", t("second.passkey-failed"));
      });
      const answer = await post<{ recovery: string[] | null }>("me/passkeys/finish", {
        passkey: made,
        label: label.trim(),
      });
      say(t("second.passkey-added"));
      onCodes(answer.recovery ?? []);
    });
  return (
    <Dialog title={t("second.passkey-add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["label"]}>
        <TextField
          label={t("second.passkey-label")}
          help={t("second.passkey-label-help")}
          error={sending.wrong("label")}
          value={label}
          onInput={setLabel}
        />
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button kind="main-act" submit busy={sending.busy}>
            {t("part.add")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
