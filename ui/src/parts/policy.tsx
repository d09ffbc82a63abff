/* One setting: a switch that acts at once, or a value with its own Save; each says why, and can be taken back. Policies of the
   nest and settings of the machine are shown alike. */
import { useEffect, useState } from "preact/hooks";
import { type Asked, asProblem, useAsk } from "../api/ask.ts";
import { get, Problem, patch } from "../api/client.ts";
import type { Setting, SettingValue } from "../api/types.ts";
import { number, readSize, size, typed } from "../i18n/format.ts";
import { t, tOf } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Choices, Switch, TextField } from "./field.tsx";
import { Tag } from "./page.tsx";
import type { List } from "./table.tsx";
import { grumble, inWords, say } from "./toast.tsx";

interface Listed extends List<Setting> {
  /** What needs a restart; '' where it is done. */
  said?: string;
  /** What is allowed and probably not meant. */
  hints?: string[];
}

/** Settings of a noun of the API, and how one is changed. */
export interface Settings extends Asked<Listed> {
  change: (setting: Setting, value: SettingValue) => Promise<void>;
}

function useSettings(noun: "policies" | "machine"): Settings {
  const asked = useAsk(noun, () => get<Listed>(noun));
  const write = async (name: string, value: SettingValue) => {
    const answer = await patch<Listed>(noun, { [name]: value });
    asked.put(answer);
    return answer;
  };
  return {
    ...asked,
    async change(setting, value) {
      const { said } = await write(setting.name, value);
      const words = [t("options.changed", { name: titleOf(setting) }), said].filter(Boolean).join(" · ");
      say(words, () => write(setting.name, setting.value).catch((error) => grumble(asProblem(error))));
    },
  };
}

/** What the owner decided, for the whole nest. */
export const usePolicies = (): Settings => useSettings("policies");
/** What stands in hawknest.toml of this machine, as far as a page may change it. */
export const useMachine = (): Settings => useSettings("machine");

const titleOf = (setting: Setting) => tOf("policy", setting.name) ?? setting.name;
/** Values that are sizes in octets. */
const SIZES = new Set(["message_size_limit"]);
/** Values that are one of few words. */
const WORDS: Record<string, string[]> = {
  sign_up: ["off", "invited", "approved"],
  forward_from_rewrite: ["off", "dmarc"],
  mta_sts: ["testing", "enforce", "off"],
  "log.level": ["debug", "info", "warning", "error"],
};

export function SettingOf({ name, of }: { name: string; of: Settings }) {
  const setting = of.data?.items.find((one) => one.name === name);
  if (!setting) return null;
  const help = tOf("why", name) ?? setting.help;
  const change = (value: SettingValue) =>
    of.change(setting, value).catch((error) => grumble(asProblem(error)));
  if (typeof setting.value === "boolean") {
    return (
      <Switch
        label={titleOf(setting)}
        help={help}
        on={setting.value}
        tag={
          setting.weaker && (
            <Tag tone="warn">
              {t("options.default", { value: setting.default ? t("options.on") : t("options.off") })}
            </Tag>
          )
        }
        onFlip={change}
      />
    );
  }
  const words = WORDS[name];
  if (words) {
    return (
      <div class="stack tight">
        <Choices
          legend={titleOf(setting)}
          value={String(setting.value)}
          options={words.map((word) => ({
            value: word,
            text: tOf(`word.${name}`, word) ?? word,
            help: tOf(`word.${name}`, `${word}-help`),
          }))}
          onInput={change}
        />
        <p class="help">{help}</p>
      </div>
    );
  }
  return <Value setting={setting} help={help} of={of} />;
}

function written(setting: Setting, value: SettingValue): string {
  if (Array.isArray(value)) return value.join("\n");
  return SIZES.has(setting.name) ? typed(Number(value)) : String(value ?? "");
}

/** A value as people read it. */
function shown(setting: Setting): string {
  const value = setting.default;
  if (typeof value === "number") return SIZES.has(setting.name) ? size(value) : number(value);
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

function Value({ setting, help, of }: { setting: Setting; help: string; of: Settings }) {
  const kept = written(setting, setting.value);
  const [text, setText] = useState(kept);
  const [error, setError] = useState<string>();
  useEffect(() => setText(kept), [kept]);
  const save = async () => {
    setError(undefined);
    try {
      await of.change(setting, read(setting, text));
    } catch (problem) {
      setError(inWords(asProblem(problem)));
    }
  };
  const other = setting.default !== null && kept !== written(setting, setting.default) && shown(setting);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label={titleOf(setting)}
        help={
          other ? (
            <>
              {help} {t("options.default", { value: other })}{" "}
              <Button small kind="quiet" onPress={() => of.change(setting, null)}>
                {t("options.reset")}
              </Button>
            </>
          ) : (
            help
          )
        }
        value={text}
        error={error}
        onInput={setText}
        {...(Array.isArray(setting.value)
          ? { rows: 3 }
          : { short: typeof setting.value === "number" || setting.name.length < 16 })}
        after={
          text !== kept && (
            <>
              <Button kind="main-act" submit>
                {t("part.save")}
              </Button>
              <Button kind="quiet" onPress={() => setText(kept)}>
                {t("part.discard")}
              </Button>
            </>
          )
        }
      />
    </form>
  );
}

function read(setting: Setting, text: string): SettingValue {
  if (Array.isArray(setting.value)) return text.split(/[\s,]+/).filter(Boolean);
  const plain = text.normalize("NFKC").trim();
  if (typeof setting.value === "string") return plain;
  const sized = SIZES.has(setting.name);
  const value = sized ? readSize(plain) : /^[0-9]+(\.[0-9]+)?$/.test(plain) ? Number(plain) : null;
  if (value === null) throw new Problem(422, "", sized ? t("options.range") : t("options.number"));
  return value;
}
