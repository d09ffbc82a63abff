/* Limits, times, and the switches for old programs that make the server weaker. */
import type { Setting } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Card, Loaded } from "../../parts/page.tsx";
import { SettingOf, type Settings, useMachine, usePolicies } from "../../parts/policy.tsx";

const LIMITS = ["message_size_limit", "recipients_limit", "plus_separator"];
const CONNECTIONS = ["limits.connections", "limits.connections_per_peer", "limits.connect_timeout"];
const TIMES = ["queue_days", "delay_warning_hours", "responder_days", "journey_days", "dkim_rotation_days"];
const LEGACY = ["pop_before_smtp", "pop_before_smtp_minutes", "cram_md5", "clear_login", "mend_newlines"];

/** The limits of the machine that are about patience, whatever the server has of them. */
const others = (settings: readonly Setting[]): string[] =>
  settings.map((one) => one.name).filter((name) => name.startsWith("limits.") && !CONNECTIONS.includes(name));

export function Limits() {
  const policies = usePolicies();
  const machine = useMachine();
  const group = (names: readonly string[], of: Settings = policies) => (
    <div class="rules">
      {names.map((name) => (
        <SettingOf key={name} name={name} of={of} />
      ))}
    </div>
  );
  return (
    <Loaded of={policies} lines={8}>
      {() => (
        <div class="stack loose">
          <Card title={t("limits.title")}>{group(LIMITS)}</Card>
          <Card title={t("limits.connections")}>
            <Loaded of={machine}>{() => group(CONNECTIONS, machine)}</Loaded>
          </Card>
          <Card title={t("limits.patience")} lead={t("limits.patience-lead")}>
            <Loaded of={machine}>{(all) => group(others(all.items), machine)}</Loaded>
          </Card>
          <Card title={t("limits.times")}>{group(TIMES)}</Card>
          <Card title={t("limits.legacy")} lead={t("limits.legacy-lead")}>
            {group(LEGACY)}
          </Card>
        </div>
      )}
    </Loaded>
  );
}
