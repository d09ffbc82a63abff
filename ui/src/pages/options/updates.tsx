/* Whether there is a new version: off until the owner wants it, and then told with what is new in it. */
import { useAsk } from "../../api/ask.ts";
import { get, post } from "../../api/client.ts";
import { dateTime } from "../../i18n/format.ts";
import { language, t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card, Loaded, Notice } from "../../parts/page.tsx";
import { SettingOf, type Settings } from "../../parts/policy.tsx";

interface Version {
  version: string;
  released: string;
  page: string;
  changes: Record<string, string[]>;
}

interface Standing {
  enabled: boolean;
  named: boolean;
  current: string;
  newer: Version[];
  checked_at: number | null;
  error: string;
}

export function Updates({ of }: { of: Settings }) {
  const asked = useAsk("update", () => get<Standing>("update"));
  const on = of.data?.items.find((one) => one.name === "update_check")?.value === true;
  return (
    <Card
      title={t("general.updates")}
      lead={t("general.updates-lead")}
      acts={
        on && (
          <Button onPress={async () => asked.put(await post<Standing>("update/check"))}>
            {t("general.updates-go")}
          </Button>
        )
      }
    >
      <Loaded of={of} lines={1}>
        {() => <SettingOf name="update_check" of={of} />}
      </Loaded>
      {on && (
        <Loaded of={asked} lines={1}>
          {(standing) => <Told standing={standing} />}
        </Loaded>
      )}
    </Card>
  );
}

function Told({ standing }: { standing: Standing }) {
  const { newer, error, named, current, checked_at: at } = standing;
  return (
    <div class="stack">
      {!named && <Notice tone="warn">{t("general.updates-unnamed")}</Notice>}
      {error && <Notice tone="warn">{error}</Notice>}
      {newer.map((one) => (
        <Notice key={one.version} tone="good">
          <strong>{t("general.updates-newer", { version: one.version, released: one.released })}</strong>
          <ul>
            {(one.changes[language.get()] ?? one.changes.en ?? []).map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
          {one.page}
        </Notice>
      ))}
      {!newer.length && !error && at !== null && (
        <Notice tone="good">{t("general.updates-none", { version: current })}</Notice>
      )}
      {at !== null && <p class="help">{t("general.updates-at", { at: dateTime(at) })}</p>}
    </div>
  );
}
