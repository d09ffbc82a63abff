/* Ports: where each service answers; who has a port that is taken; which ports the router lets through. */
import { useState } from "preact/hooks";
import { useAsk } from "../../api/ask.ts";
import { get, Problem, patch, seg } from "../../api/client.ts";
import type { Listener } from "../../api/types.ts";
import { t, tOf } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { BareSwitch, Switch, TextField } from "../../parts/field.tsx";
import { Form, useSending } from "../../parts/form.tsx";
import { Card, Loaded } from "../../parts/page.tsx";
import { type List, Rows } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";
import { endpoint, flip, PortState, ServiceName, serviceTitle } from "../dashboard.tsx";

export function Ports() {
  const asked = useAsk("listeners", () => get<List<Listener>>("listeners"));
  const [open, setOpen] = useState<Listener | null>(null);
  return (
    <div class="stack loose">
      <Card flush title={t("ports.title")} lead={t("ports.lead")}>
        <Loaded of={asked}>
          {(found) => (
            <Rows
              label={t("ports.title")}
              rows={found.items}
              id={(one) => one.name}
              columns={[
                {
                  name: "service",
                  head: t("ports.service"),
                  main: true,
                  cell: (one) => <ServiceName one={one} />,
                },
                { name: "where", head: t("ports.where"), cell: (one) => <code>{endpoint(one)}</code> },
                { name: "tls", head: t("ports.tls"), cell: (one) => tOf("tls", one.tls) ?? one.tls },
                {
                  name: "state",
                  head: t("ports.state"),
                  cell: (one) => <PortState one={one} then={asked.again} />,
                },
                {
                  name: "acts",
                  head: t("part.acts"),
                  acts: true,
                  cell: (one) => (
                    <div class="row end">
                      <Button small onPress={() => setOpen(one)}>
                        {t("part.edit")}
                      </Button>
                      <BareSwitch
                        label={t("ports.flip", { service: serviceTitle(one), port: String(one.port) })}
                        on={one.enabled}
                        onFlip={(on) => flip(one, on, asked.again)}
                      />
                    </div>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
      </Card>
      <Forwarding />
      {open && <Edit one={open} onClose={() => setOpen(null)} then={asked.again} />}
    </div>
  );
}

interface Changed {
  listener: Listener;
  /** What needs a restart; empty: it is done. */
  said: string;
}

/** Look whether another program has the port, before anything is closed; raises who it is, and a port that is free. */
async function free(one: Listener, wanted: { port: number; address: string }): Promise<void> {
  if (!wanted.port || (wanted.port === one.open_port && wanted.address === one.address)) return;
  const found = await get<{ free: boolean; why: string; proposal: number }>("ports", {
    address: wanted.address,
    port: wanted.port,
  });
  if (found.free) return;
  const proposal = found.proposal ? t("ports.proposal", { port: String(found.proposal) }) : "";
  throw new Problem(409, "", [found.why, proposal].filter(Boolean).join(" "), "port");
}

function Edit({ one, onClose, then }: { one: Listener; onClose: () => void; then: () => void }) {
  const [port, setPort] = useState(String(one.port));
  const [address, setAddress] = useState(one.address);
  const [allow, setAllow] = useState(one.allow.join("\n"));
  const [admin, setAdmin] = useState(one.admin);
  const sending = useSending();
  const web = one.service === "http" || one.service === "https";
  const save = async () => {
    const networks = allow.split(/[\s,]+/).filter(Boolean);
    const changes = {
      port: Number(port.normalize("NFKC")),
      address: address.trim(),
      allow: networks,
      ...(web && { admin }),
    };
    let now: Changed | undefined;
    const done = await sending.run(async () => {
      await free(one, changes);
      now = await patch<Changed>(`listeners/${seg(one.name)}`, changes);
    });
    if (!done || !now) return;
    then();
    onClose();
    say(
      now.said ||
        t("ports.saved", {
          service: serviceTitle(one),
          port: String(now.listener.open_port || changes.port),
        }),
    );
  };
  return (
    <Dialog title={t("ports.edit", { service: serviceTitle(one) })} onClose={onClose}>
      <Form onSubmit={save} sending={sending} fields={["port", "address", "allow"]}>
        <TextField
          label={t("ports.port")}
          help={t("ports.port-help")}
          error={sending.wrong("port")}
          value={port}
          onInput={setPort}
          inputMode="numeric"
          short
        />
        <TextField
          label={t("ports.address")}
          help={t("ports.address-help")}
          error={sending.wrong("address")}
          value={address}
          onInput={setAddress}
          short
        />
        <TextField
          label={t("ports.allow")}
          help={t("ports.allow-help")}
          error={sending.wrong("allow")}
          value={allow}
          onInput={setAllow}
          rows={3}
          optional
        />
        {web && <Switch label={t("ports.admin")} help={t("ports.admin-help")} on={admin} onFlip={setAdmin} />}
        <div class="row end">
          <Button onPress={onClose}>{t("part.cancel")}</Button>
          <Button
            kind="main-act"
            submit
            busy={sending.busy}
            disabled={!/^[0-9０-９]{1,5}$/.test(port.trim())}
          >
            {t("part.save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** What a router forwards: less is better. */
function Forwarding() {
  const rows = [
    { use: t("forward.receive"), ports: "25" },
    { use: t("forward.roam"), ports: "25, 465, 993" },
    { use: t("forward.home"), ports: t("forward.none") },
  ];
  return (
    <Card flush title={t("ports.forward")} lead={t("ports.forward-lead")}>
      <Rows
        label={t("ports.forward")}
        rows={rows}
        id={(one) => one.use}
        columns={[
          {
            name: "use",
            head: t("forward.use"),
            main: true,
            cell: (one) => <span class="plain">{one.use}</span>,
          },
          { name: "ports", head: t("forward.ports"), cell: (one) => <code>{one.ports}</code> },
        ]}
      />
    </Card>
  );
}
