/* What a check found, each finding with what to do about it. */
import type { Finding, Report } from "../../api/types.ts";
import { listed } from "../../i18n/format.ts";
import { t, tOf } from "../../i18n/index.ts";
import { Icon, type IconName } from "../../parts/icon.tsx";

const TONE: Record<string, [tone: string, icon: IconName]> = {
  ok: ["good", "check"],
  hint: ["", "info"],
  problem: ["bad", "warn"],
  failed: ["bad", "warn"],
};

interface Row {
  severity: string;
  text: string;
  advice: string;
}

export function Findings({ report }: { report: Report }) {
  return (
    <div class="stack tight" role="status">
      <List rows={report.findings} />
      {report.resolvers.length > 0 && (
        <p class="help">{t("general.asked", { resolvers: listed(report.resolvers) })}</p>
      )}
    </div>
  );
}

export interface Tried {
  steps: { ok: boolean; words: string; advice?: string }[];
}

export function Steps({ tried }: { tried: Tried }) {
  const rows = tried.steps.map((one) => ({
    severity: one.ok ? "ok" : "failed",
    text: one.words,
    advice: one.advice ?? "",
  }));
  return (
    <div role="status">
      <List rows={rows} />
    </div>
  );
}

function List({ rows }: { rows: readonly (Finding | Row)[] }) {
  return (
    <ul class="findings">
      {rows.map((one, n) => {
        const [tone, icon] = TONE[one.severity] ?? ["", "info"];
        return (
          <li key={n} class={`finding ${tone}`}>
            <span class="moment-mark" title={tOf("verdict", one.severity)}>
              <Icon name={icon} />
            </span>
            <span class="stack-small">
              <span>
                <span class="hidden-visually">{tOf("verdict", one.severity)}: </span>
                {one.text}
              </span>
              {one.advice && <span class="help">{t("domains.advice", { advice: one.advice })}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
