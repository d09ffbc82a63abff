/* Addresses that lead to others. */
import { useState } from "preact/hooks";
import { drop, patch, post, seg } from "../api/client.ts";
import type { Alias } from "../api/types.ts";
import { listed } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { TextField } from "../parts/field.tsx";
import { Form, useSending } from "../parts/form.tsx";
import { addresses } from "../parts/mailform.tsx";
import { Card, Empty, Page, Tag } from "../parts/page.tsx";
import { Table, Tools, useList } from "../parts/table.tsx";
import { say } from "../parts/toast.tsx";

export function Aliases() {
  const list = useList<Alias>("aliases");
  const [open, setOpen] = useState<"add" | Alias | null>(null);
  const remove = async (one: Alias) => {
    await drop(`aliases/${seg(one.address)}`);
    list.again();
    say(t("aliases.removed", { address: one.address }), async () => {
      await post("aliases", { address: one.address, targets: one.targets });
      list.again();
    });
  };
  const add = (
    <Button kind="main-act" icon="plus" onPress={() => setOpen("add")}>
      {t("aliases.add")}
    </Button>
  );
  return (
    <Page title={t("aliases.title")} lead={t("aliases.lead")} acts={add}>
      <Tools list={list} />
      <Card flush>
        <Table
          label={t("aliases.title")}
          list={list}
          id={(one) => one.address}
          empty={<Empty icon="at" title={t("aliases.empty")} act={add} />}
          columns={[
            {
              name: "address",
              head: t("aliases.address"),
              main: true,
              cell: (one) => (
                <span class="row">
                  {one.address}
                  {one.builtin && (
                    <span title={t("aliases.builtin-help")}>
                      <Tag>{t("aliases.builtin")}</Tag>
                    </span>
                  )}
                </span>
              ),
            },
            { name: "targets", head: t("aliases.targets"), cell: (one) => listed(one.targets) || "–" },
            {
              name: "acts",
              head: t("part.acts"),
              acts: true,
              cell: (one) => (
                <div class="row end">
                  <Button small onPress={() => setOpen(one)}>
                    {t("part.edit")}
                  </Button>
                  {!one.builtin && (
                    <Button
                      small
                      kind="quiet"
                      icon="trash"
                      alone={`${t("part.remove")} ${one.address}`}
                      onPress={() => remove(one)}
                    />
                  )}
                </div>
              ),
            },
          ]}
        />
      </Card>
      {open && <Edit one={open === "add" ? null : open} onClose={() => setOpen(null)} then={list.again} />}
    </Page>
  );
}

function Edit({ one, onClose, then }: { one: Alias | null; onClose: () => void; then: () => void }) {
  const [address, setAddress] = useState(one?.address ?? "");
  const [targets, setTargets] = useState(one?.targets.join("\n") ?? "");
  const sending = useSending();
  const save = async () => {
    const to = addresses(targets);
    const done = await sending.run(() =>
      one
        ? patch(`aliases/${seg(one.address)}`, { targets: to })
        : post("aliases", { address: address.trim(), targets: to }),
    );
    if (!done) return;
    then();
    onClose();
    const words = t("aliases.added", { address: address.trim(), targets: listed(to) });
    say(
      words,
      one
        ? () => patch(`aliases/${seg(one.address)}`, { targets: one.targets }).then(then)
        : () => drop(`aliases/${seg(address.trim())}`).then(then),
    );
  };
  return (
    <Dialog title={one ? t("aliases.edit", { address: one.address }) : t("aliases.add")} onClose={onClose}>
      <Form onSubmit={save} sending={sending} fields={["address", "targets"]}>
        {!one && (
          <TextField
            label={t("aliases.address")}
            help={t("aliases.address-help")}
            error={sending.wrong("address")}
            value={address}
            onInput={setAddress}
            placeholder="info@example.org"
          />
        )}
        <TextField
          label={t("aliases.targets")}
          help={t("aliases.targets-help")}
          error={sending.wrong("targets")}
          value={targets}
          onInput={setTargets}
          rows={4}
        />
        {one?.builtin && <p class="help">{t("aliases.builtin-help")}</p>}
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button
            kind="main-act"
            submit
            busy={sending.busy}
            disabled={!address.trim() || !addresses(targets).length}
          >
            {t("part.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
