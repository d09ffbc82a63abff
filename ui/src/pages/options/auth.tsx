/* SMTP Authentication: the three ways in, in the owner's words; devices, exempt addresses, and who may send what. */
import { useAsk } from "../../api/ask.ts";
import { get } from "../../api/client.ts";
import type { Device, Exemption } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { Card, Tag } from "../../parts/page.tsx";
import { SettingOf, usePolicies } from "../../parts/policy.tsx";
import type { List } from "../../parts/table.tsx";
import { Devices } from "./devices.tsx";
import { Exempt } from "./exempt.tsx";
import { MaySend } from "./may.tsx";

export function Auth() {
  const policies = usePolicies();
  const devices = useAsk("devices", () => get<List<Device>>("devices"));
  const exempt = useAsk("exempt", () => get<List<Exemption>>("exempt"));
  return (
    <div class="stack loose">
      <Card title={t("auth.modes")} lead={t("auth.modes-lead")}>
        <ul class="modes">
          <Mode
            icon="person"
            title={t("auth.mode-users")}
            help={t("auth.mode-users-help")}
            count={t("auth.count-all")}
          />
          <Mode
            icon="print"
            title={t("auth.mode-devices")}
            help={t("auth.mode-devices-help")}
            count={t("auth.count", { n: devices.data?.items.length ?? 0 })}
          />
          <Mode
            icon="shield"
            title={t("auth.mode-exempt")}
            help={t("auth.mode-exempt-help")}
            count={t("auth.count", { n: exempt.data?.items.length ?? 0 })}
          />
        </ul>
        <div class="rules ruled">
          <SettingOf name="sender_policy" of={policies} />
          <SettingOf name="forward_from_rewrite" of={policies} />
        </div>
      </Card>
      <MaySend />
      <Devices asked={devices} />
      <Exempt asked={exempt} />
    </div>
  );
}

function Mode(props: { icon: IconName; title: string; help: string; count: string }) {
  return (
    <li class="mode">
      <Icon name={props.icon} />
      <span class="stack-small">
        <span class="row">
          <b>{props.title}</b> <Tag>{props.count}</Tag>
        </span>
        <span class="help">{props.help}</span>
      </span>
    </li>
  );
}
