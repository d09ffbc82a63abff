/* What an account does with its letters: forward, automatic reply, finger text. The same fields for the user and for the administrator. */
import { t } from "../i18n/index.ts";
import { Switch, TextField } from "./field.tsx";
import type { Draft, Sending } from "./form.tsx";
import { Card } from "./page.tsx";

export interface MailFields {
  forward: string;
  keep_copy: boolean;
  responder_on: boolean;
  responder_subject: string;
  responder_text: string;
  finger_text: string;
}

export interface MailKept extends Omit<MailFields, "forward"> {
  forward: string[];
}

export const mailFields = (kept: MailKept): MailFields => ({
  forward: kept.forward.join("\n"),
  keep_copy: kept.keep_copy,
  responder_on: kept.responder_on,
  responder_subject: kept.responder_subject,
  responder_text: kept.responder_text,
  finger_text: kept.finger_text,
});

/** Addresses as they are typed: one a line, or with commas between. */
export const addresses = (text: string): string[] => text.split(/[\s,、;]+/).filter(Boolean);

/** What is sent: only what changed. */
export function mailChanges<T extends { forward?: string }>(changes: T): Record<string, unknown> {
  const { forward, ...rest } = changes;
  return { ...rest, ...(forward !== undefined && { forward: addresses(forward) }) };
}

export const MAIL = ["forward", "keep_copy", "responder_subject", "responder_text", "finger_text"];

export function MailForm<T extends MailFields>({ draft, sending }: { draft: Draft<T>; sending: Sending }) {
  const now = draft.value;
  return (
    <>
      <Card title={t("mail.forwarding")}>
        <TextField
          label={t("mail.forward")}
          help={t("mail.forward-help")}
          error={sending.wrong("forward")}
          value={now.forward}
          onInput={(value) => draft.set("forward", value)}
          rows={3}
          optional
        />
        <Switch
          label={t("mail.keep")}
          help={t("mail.keep-help")}
          on={now.keep_copy}
          onFlip={(on) => draft.set("keep_copy", on)}
        />
      </Card>
      <Card title={t("mail.responder")}>
        <Switch
          label={t("mail.responder-on")}
          help={t("mail.responder-on-help")}
          on={now.responder_on}
          onFlip={(on) => draft.set("responder_on", on)}
        />
        {now.responder_on && (
          <>
            <TextField
              label={t("mail.responder-subject")}
              help={t("mail.responder-subject-help")}
              error={sending.wrong("responder_subject")}
              value={now.responder_subject}
              onInput={(value) => draft.set("responder_subject", value)}
              optional
            />
            <TextField
              label={t("mail.responder-text")}
              help={t("mail.responder-text-help")}
              error={sending.wrong("responder_text")}
              value={now.responder_text}
              onInput={(value) => draft.set("responder_text", value)}
              rows={6}
            />
          </>
        )}
      </Card>
      <Card title={t("mail.finger")}>
        <TextField
          label={t("mail.finger")}
          help={t("mail.finger-help")}
          error={sending.wrong("finger_text")}
          value={now.finger_text}
          onInput={(value) => draft.set("finger_text", value)}
          rows={4}
          optional
        />
      </Card>
    </>
  );
}
