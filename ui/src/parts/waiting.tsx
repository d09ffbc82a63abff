/* That somebody waits for an account, and the way to where it is answered. */
import { waiting } from "../api/waiting.ts";
import { t } from "../i18n/index.ts";
import { useCell } from "../state.ts";
import { Notice } from "./page.tsx";

export function WaitingNotice() {
  const n = useCell(waiting);
  if (!n) return null;
  return (
    <Notice>
      <a href="/users/invitations">{t("apply.waiting", { n })}</a>
    </Notice>
  );
}
