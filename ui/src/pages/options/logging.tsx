/* Logging: which categories are written, how much, and how long it is kept. */
import { asProblem } from "../../api/ask.ts";
import { patch } from "../../api/client.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../parts/button.tsx";
import { Card, Loaded } from "../../parts/page.tsx";
import { SettingOf, useMachine } from "../../parts/policy.tsx";
import { grumble, say } from "../../parts/toast.tsx";

const KEEPING = ["log.level", "log.days", "log.megabytes"];

export function Logging() {
  const machine = useMachine();
  const categories = machine.data?.items.filter((one) => one.name.startsWith("log.categories.")) ?? [];
  const off = categories.filter((one) => !one.value).map((one) => one.name);
  const all = async () => {
    try {
      await patch("machine", Object.fromEntries(off.map((name) => [name, true])));
      machine.again();
      say(t("part.saved"), async () => {
        await patch("machine", Object.fromEntries(off.map((name) => [name, false])));
        machine.again();
      });
    } catch (error) {
      grumble(asProblem(error));
    }
  };
  return (
    <div class="stack loose">
      <Card
        title={t("logging.title")}
        lead={t("logging.lead")}
        acts={
          <Button disabled={!off.length} onPress={all}>
            {t("logging.all")}
          </Button>
        }
      >
        <Loaded of={machine} lines={8}>
          {() => (
            <div class="rules">
              {categories.map((one) => (
                <SettingOf key={one.name} name={one.name} of={machine} />
              ))}
              <SettingOf name="log.conversations" of={machine} />
            </div>
          )}
        </Loaded>
      </Card>
      <Card title={t("logging.keeping")} acts={<a href="/log">{t("logging.see")}</a>}>
        <Loaded of={machine}>
          {() => (
            <div class="rules">
              {KEEPING.map((name) => (
                <SettingOf key={name} name={name} of={machine} />
              ))}
            </div>
          )}
        </Loaded>
      </Card>
    </div>
  );
}
