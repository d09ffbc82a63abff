/* A new password: typed or made up, with what speaks against it while it is typed. */
import { useEffect, useState } from "preact/hooks";
import { get, post } from "../api/client.ts";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { PasswordField } from "./field.tsx";
import { useCalm } from "./table.tsx";

export function NewPassword(props: {
  label: string;
  help?: string;
  value: string;
  onInput: (value: string) => void;
  error?: string | undefined;
  generate?: boolean;
}) {
  const [objections, setObjections] = useState<string[]>([]);
  const calm = useCalm(props.value, 400);
  useEffect(() => {
    let mine = true;
    if (!calm || props.generate === false) setObjections([]);
    else {
      post<{ objections: string[] }>("me/password/check", { password: calm })
        .then((told) => mine && setObjections(told.objections))
        .catch(() => undefined);
    }
    return () => {
      mine = false;
    };
  }, [calm, props.generate]);
  const invent = async () =>
    props.onInput((await get<{ password: string }>("me/password/generate")).password);
  return (
    <div class="stack tight">
      <PasswordField
        label={props.label}
        help={props.help ?? t("password.help")}
        value={props.value}
        onInput={props.onInput}
        error={props.error ?? objections[0]}
        autocomplete="new-password"
        more={props.generate === false ? null : <Button onPress={invent}>{t("password.generate")}</Button>}
      />
      {calm && !objections.length && !props.error && props.generate !== false && (
        <p class="help" role="status">
          {t("password.good")}
        </p>
      )}
    </div>
  );
}
