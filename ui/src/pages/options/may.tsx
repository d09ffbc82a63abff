/* 'How may this client send?': the rules answer for an address and a user, and say why. */
import { useState } from "preact/hooks";
import { get } from "../../api/client.ts";
import { listed } from "../../i18n/format.ts";
import { t, tOf } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Notice } from "../../parts/page.tsx";

interface Reason {
  text: string;
}

interface Way {
  by: string;
  services: string[];
  allowed: boolean;
  reply: string;
  reasons: Reason[];
}

interface Verdict {
  allowed: boolean;
  ways: Way[];
  notes: Reason[];
}

export function MaySend() {
  const [peer, setPeer] = useState("");
  const [user, setUser] = useState("");
  const [sender, setSender] = useState("");
  const [recipient, setRecipient] = useState("");
  const [verdict, setVerdict] = useState<Verdict>();
  const sending = useSending();
  const ask = () =>
    sending.run(async () => {
      setVerdict(undefined);
      setVerdict(
        await get<Verdict>("may-send", {
          peer: peer.trim(),
          user: user.trim(),
          sender: sender.trim(),
          recipient: recipient.trim(),
        }),
      );
    });
  return (
    <Card title={t("may.title")} lead={t("may.lead")}>
      <Form onSubmit={ask} sending={sending} fields={["peer", "user", "sender", "recipient"]}>
        <div class="columns tight">
          <TextField
            label={t("may.peer")}
            help={t("may.peer-help")}
            error={sending.wrong("peer")}
            value={peer}
            onInput={setPeer}
          />
          <TextField
            label={t("may.user")}
            help={t("may.user-help")}
            error={sending.wrong("user")}
            value={user}
            onInput={setUser}
            optional
          />
          <TextField
            label={t("may.sender")}
            help={t("may.sender-help")}
            error={sending.wrong("sender")}
            value={sender}
            onInput={setSender}
            placeholder="mia@example.org"
          />
          <TextField
            label={t("may.recipient")}
            help={t("may.recipient-help")}
            error={sending.wrong("recipient")}
            value={recipient}
            onInput={setRecipient}
            placeholder="friend@example.com"
          />
        </div>
        <div class="row">
          <Button kind="main-act" submit busy={sending.busy} disabled={!peer.trim()}>
            {t("may.ask")}
          </Button>
        </div>
      </Form>
      <div role="status">{verdict && <Told verdict={verdict} />}</div>
    </Card>
  );
}

function Told({ verdict }: { verdict: Verdict }) {
  return (
    <div class="stack tight">
      <h3>{verdict.allowed ? t("may.yes") : t("may.no")}</h3>
      {verdict.notes.map((note) => (
        <Notice key={note.text} tone="warn">
          {note.text}
        </Notice>
      ))}
      {verdict.ways.map((way) => (
        <Notice
          key={`${way.by} ${way.services.join()}`}
          tone={way.allowed ? "good" : "bad"}
          title={t("may.way", {
            right: tOf("may.mode", way.by) ?? way.by,
            services: listed(way.services.map((one) => tOf("service", one) ?? one)),
          })}
        >
          {way.reasons.map((reason) => (
            <p key={reason.text}>{reason.text}</p>
          ))}
          {way.reply && (
            <p class="small">
              {t("may.answer")}: <code>{way.reply}</code>
            </p>
          )}
        </Notice>
      ))}
    </div>
  );
}
