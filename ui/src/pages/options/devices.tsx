/* Devices: credentials of printers and the like, which may send and read nothing. */
import { useState } from "preact/hooks";
import type { Asked } from "../../api/ask.ts";
import { drop, patch, post, seg } from "../../api/client.ts";
import type { Device } from "../../api/types.ts";
import { listed } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Secret } from "../../parts/copy.tsx";
import { Confirm, Dialog } from "../../parts/dialog.tsx";
import { BareSwitch, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { addresses } from "../../parts/mailform.tsx";
import { Card, Empty, Loaded } from "../../parts/page.tsx";
import { type List, Rows } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";

export function Devices({ asked }: { asked: Asked<List<Device>> }) {
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<Device | null>(null);
  return (
    <Card
      flush
      title={t("devices.title")}
      acts={
        <Button icon="plus" onPress={() => setAdding(true)}>
          {t("devices.add")}
        </Button>
      }
    >
      <Loaded of={asked}>
        {(found) =>
          found.items.length ? (
            <Rows
              label={t("devices.title")}
              rows={found.items}
              id={(one) => one.name}
              columns={[
                { name: "name", head: t("devices.name"), main: true, cell: (one) => one.name },
                {
                  name: "senders",
                  head: t("devices.senders"),
                  cell: (one) => (one.senders.length ? listed(one.senders) : t("devices.any")),
                },
                {
                  name: "active",
                  head: t("devices.active"),
                  cell: (one) => (
                    <BareSwitch
                      label={t("devices.flip", { name: one.name })}
                      on={one.active}
                      onFlip={async (active) => {
                        await patch(`devices/${seg(one.name)}`, { active });
                        asked.again();
                      }}
                    />
                  ),
                },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={t("devices.remove", { name: one.name })}
                      onPress={() => setGoing(one)}
                    />
                  ),
                },
              ]}
            />
          ) : (
            <Empty icon="print" title={t("devices.empty")}>
              {t("devices.empty-lead")}
            </Empty>
          )
        }
      </Loaded>
      {adding && <Add onClose={() => setAdding(false)} then={asked.again} />}
      {going && (
        <Confirm
          title={t("devices.remove", { name: going.name })}
          act={t("part.remove")}
          onClose={() => setGoing(null)}
          onDo={async () => {
            await drop(`devices/${seg(going.name)}`);
            asked.again();
            say(t("domains.removed", { name: going.name }));
          }}
        >
          <p>{t("devices.remove-words")}</p>
        </Confirm>
      )}
    </Card>
  );
}

function Add({ onClose, then }: { onClose: () => void; then: () => void }) {
  const [name, setName] = useState("");
  const [senders, setSenders] = useState("");
  const [password, setPassword] = useState("");
  const sending = useSending();
  const add = () =>
    sending.run(async () => {
      const allowed = addresses(senders);
      const made = await post<{ password: string }>("devices", {
        name: name.trim(),
        senders: allowed,
        any_sender: !allowed.length,
      });
      then();
      setPassword(made.password);
    });
  if (password) {
    return (
      <Dialog title={t("devices.added", { name })} onClose={onClose}>
        <Secret text={password} note={t("devices.secret")} />
        <div class="row end">
          <Button kind="main-act" onPress={onClose} autofocus>
            {t("part.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("devices.add")} onClose={onClose}>
      <Form onSubmit={add} sending={sending} fields={["name", "senders"]}>
        <TextField
          label={t("devices.name")}
          help={t("devices.name-help")}
          error={sending.wrong("name")}
          value={name}
          onInput={setName}
        />
        <TextField
          label={t("devices.senders")}
          help={t("devices.senders-help")}
          error={sending.wrong("senders")}
          value={senders}
          onInput={setSenders}
          rows={3}
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
