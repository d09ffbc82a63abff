/* One policy of the server: a switch that acts at once, or a value with its own Save; each says why, and can be taken back. */
import { useEffect, useState } from "preact/hooks";
import { type Asked, asProblem, useAsk } from "../api/ask.ts";
import { get, Problem, patch } from "../api/client.ts";
import type { Policy } from "../api/types.ts";
import { number, readSize, size, typed } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Switch, TextField } from "./field.tsx";
import { Tag } from "./page.tsx";
import type { List } from "./table.tsx";
import { grumble, inWords, say } from "./toast.tsx";

export const usePolicies = (): Asked<List<Policy>> => useAsk("policies", () => get<List<Policy>>("policies"));

const title = (policy: Policy) => tOf("policy", policy.name) ?? policy.name;
const SIZES = new Set(["message_size_limit"]);

async function change(policy: Policy, value: Policy["value"], then: () => void): Promise<void> {
  await patch("policies", { [policy.name]: value });
  then();
  say(t("options.changed", { name: title(policy) }), async () => {
    await patch("policies", { [policy.name]: policy.value }).catch((error) => grumble(asProblem(error)));
    then();
  });
}

export function PolicyOf({ name, of }: { name: string; of: Asked<List<Policy>> }) {
  const policy = of.data?.items.find((one) => one.name === name);
  if (!policy) return null;
  const help = tOf("why", name) ?? policy.help;
  if (typeof policy.value === "boolean") {
    return (
      <Switch
        label={title(policy)}
        help={help}
        on={policy.value}
        tag={
          policy.weaker && (
            <Tag tone="warn">
              {t("options.default", { value: policy.default ? t("options.on") : t("options.off") })}
            </Tag>
          )
        }
        onFlip={(on) => change(policy, on, of.again).catch((error) => grumble(asProblem(error)))}
      />
    );
  }
  return <Value policy={policy} help={help} then={of.again} />;
}

function Value({ policy, help, then }: { policy: Policy; help: string; then: () => void }) {
  const sized = SIZES.has(policy.name);
  const write = (value: Policy["value"]) => (sized ? typed(Number(value)) : String(value));
  const [text, setText] = useState(write(policy.value));
  const [error, setError] = useState<string>();
  useEffect(() => setText(write(policy.value)), [policy.value]);
  const dirty = text !== write(policy.value);
  const save = async () => {
    setError(undefined);
    try {
      const value = read(policy, text, sized);
      await change(policy, value, then);
    } catch (problem) {
      setError(inWords(asProblem(problem)));
    }
  };
  const shown =
    typeof policy.default === "number"
      ? sized
        ? size(policy.default)
        : number(policy.default)
      : String(policy.default);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={title(policy)}
        help={policy.value === policy.default ? help : `${help} ${t("options.default", { value: shown })}`}
        value={text}
        error={error}
        onInput={setText}
        short
        after={
          dirty && (
            <>
              <Button kind="main-act" submit>
                {t("part.save")}
              </Button>
              <Button kind="quiet" onPress={() => setText(write(policy.value))}>
                {t("part.discard")}
              </Button>
            </>
          )
        }
      />
    </form>
  );
}

function read(policy: Policy, text: string, sized: boolean): Policy["value"] {
  if (typeof policy.value === "string") return text;
  const plain = text.normalize("NFKC").trim();
  const value = sized ? readSize(plain) : /^[0-9]+(\.[0-9]+)?$/.test(plain) ? Number(plain) : null;
  if (value === null) throw new Problem(422, "", sized ? t("options.range") : t("options.number"));
  return value;
}
