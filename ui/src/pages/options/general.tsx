/* General: sending and receiving, the recommended settings, the name of the server, the tests. */
import { useState } from "preact/hooks";
import { useAsk } from "../../api/ask.ts";
import { get, patch, post, seg } from "../../api/client.ts";
import type { Report, Setting } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Copy } from "../../parts/copy.tsx";
import { TextField } from "../../parts/field.tsx";
import { Card, Loaded, Notice } from "../../parts/page.tsx";
import { SettingOf, type Settings, useMachine, usePolicies } from "../../parts/policy.tsx";
import type { List } from "../../parts/table.tsx";
import { say } from "../../parts/toast.tsx";
import { Findings, Steps, type Tried } from "./findings.tsx";
import { Updates } from "./updates.tsx";

export function General() {
  const policies = usePolicies();
  const machine = useMachine();
  return (
    <div class="stack loose">
      <Card title={t("general.switches")}>
        <Loaded of={policies}>
          {() => (
            <div class="rules">
              <SettingOf name="send_to_internet" of={policies} />
              <SettingOf name="receive" of={policies} />
            </div>
          )}
        </Loaded>
      </Card>
      <Preset then={policies.again} />
      <SignUp of={policies} />
      <Transport of={policies} />
      <HostName of={machine} />
      <DnsTest of={machine} />
      <SelfTest />
      <div class="columns">
        <Card title={t("general.autostart")}>
          <p>{t("general.autostart-lead")}</p>
          <Copy text="hawknest service install" what={t("general.autostart")} />
        </Card>
        <Updates of={policies} />
      </div>
    </div>
  );
}

function SignUp({ of }: { of: Settings }) {
  return (
    <Card title={t("general.sign-up")} acts={<a href="/users/invitations">{t("invite.title")}</a>}>
      <Loaded of={of} lines={1}>
        {() => <SettingOf name="sign_up" of={of} />}
      </Loaded>
    </Card>
  );
}

function Transport({ of }: { of: Settings }) {
  return (
    <Card title={t("general.transport")}>
      <Loaded of={of} lines={1}>
        {() => <SettingOf name="mta_sts" of={of} />}
      </Loaded>
    </Card>
  );
}

interface Profiles {
  active: string | null;
}

function Preset({ then }: { then: () => void }) {
  const asked = useAsk("profiles", () => get<Profiles>("profiles"));
  const apply = async (name: string) => {
    const before = await get<List<Setting>>("policies");
    await post(`profiles/${name}`);
    const show = () => {
      asked.again();
      then();
    };
    show();
    say(t("general.applied"), async () => {
      await patch("policies", Object.fromEntries(before.items.map((one) => [one.name, one.value])));
      show();
    });
  };
  return (
    <Card title={t("general.preset")} lead={t("general.preset-lead")}>
      <Loaded of={asked} lines={1}>
        {({ active }) => (
          <div class="stack">
            <Notice tone={active === "recommended" ? "good" : "warn"}>
              {active === "recommended" ? t("general.is-recommended") : t("general.not-recommended")}
            </Notice>
            <div class="row">
              <Button
                kind={active === "recommended" ? "plain" : "main-act"}
                disabled={active === "recommended"}
                onPress={() => apply("recommended")}
              >
                {t("general.apply")}
              </Button>
              <Button kind="quiet" disabled={active === "original"} onPress={() => apply("original")}>
                {t("general.original")}
              </Button>
            </div>
            <p class="help">{t("general.original-help")}</p>
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function HostName({ of }: { of: Settings }) {
  const [report, setReport] = useState<Report>();
  const name = String(of.data?.items.find((one) => one.name === "hostname")?.value ?? "");
  return (
    <Card
      title={t("general.host")}
      lead={t("general.host-lead")}
      acts={
        name && (
          <Button onPress={async () => setReport(await post<Report>("dns/test", { domain: name }))}>
            {t("general.check-host")}
          </Button>
        )
      }
    >
      <Loaded of={of} lines={1}>
        {() => (
          <div class="rules">
            <SettingOf name="hostname" of={of} />
            <SettingOf name="web.hosts" of={of} />
            <SettingOf name="outbound.address" of={of} />
          </div>
        )}
      </Loaded>
      {report && <Findings report={report} />}
    </Card>
  );
}

function DnsTest({ of }: { of: Settings }) {
  const [domain, setDomain] = useState("");
  const [report, setReport] = useState<Report>();
  const ask = async () => setReport(await post<Report>("dns/test", { domain: domain.trim() }));
  return (
    <Card title={t("general.dns")} lead={t("general.dns-lead")}>
      <Resolvers of={of} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.currentTarget.querySelector("button")?.click();
        }}
      >
        <TextField
          label={t("general.dns-name")}
          help={t("general.dns-help")}
          value={domain}
          onInput={setDomain}
          placeholder="example.org"
          after={
            <Button disabled={!domain.trim()} onPress={ask}>
              {t("general.dns-go")}
            </Button>
          }
        />
      </form>
      {report && <Findings report={report} />}
      <Others of={of} />
    </Card>
  );
}

const RESOLVERS = "dns.resolvers";

/** What else can be said about asking, whatever the server has of it. */
function Others({ of }: { of: Settings }) {
  const names = (of.data?.items ?? []).map((one) => one.name);
  return (
    <div class="rules">
      {names
        .filter((name) => name.startsWith("dns.") && name !== RESOLVERS)
        .map((name) => (
          <SettingOf key={name} name={name} of={of} />
        ))}
    </div>
  );
}

/** Whom to ask, and what of it is probably not meant. */
function Resolvers({ of }: { of: Settings }) {
  return (
    <Loaded of={of} lines={1}>
      {({ hints }) => (
        <div class="stack">
          {hints?.map((hint) => (
            <Notice key={hint} tone="warn">
              {inOwnWords(hint)}
            </Notice>
          ))}
          <SettingOf name={RESOLVERS} of={of} />
        </div>
      )}
    </Loaded>
  );
}

/** What the server hints at, in the reader's language where we know it. */
function inOwnWords(hint: string): string {
  const found = /^(\S+) is the address of this server itself/.exec(hint);
  return found?.[1] ? t("general.resolver-self", { address: found[1] }) : hint;
}

function SelfTest() {
  const [tried, setTried] = useState<Tried>();
  return (
    <Card
      title={t("general.selftest")}
      lead={t("general.selftest-lead")}
      acts={
        <Button onPress={async () => setTried(await post<Tried>("selftest"))}>
          {t("general.selftest-go")}
        </Button>
      }
    >
      {tried && <Steps tried={tried} />}
    </Card>
  );
}

/** What other servers see of a domain. */
export const check = (name: string): Promise<Report> => get<Report>(`domains/${seg(name)}/check`);
