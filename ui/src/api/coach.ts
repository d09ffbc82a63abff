/* The coach of a domain, as the server tells of it whenever a line has turned. */
import { useEffect, useState } from "preact/hooks";
import { language, useLanguage } from "../i18n/index.ts";
import { path, seg } from "./client.ts";
import { keep } from "./live.ts";

export type LineState = "green" | "yellow" | "red" | "waiting" | "unknown";
export type LineGroup = "found" | "believed" | "protected" | "reachable";
export type LineWeight = "needed" | "wise" | "extra";

export interface CoachEntry {
  name: string;
  /** As registrars want it: without the zone. */
  relative: string;
  zone: string;
  type: string;
  value: string;
}

export interface CoachLine {
  id: string;
  group: LineGroup;
  weight: LineWeight;
  title: string;
  state: LineState;
  finding: string;
  text: string;
  advice: string;
  skipped: string;
  enter: CoachEntry[];
  notes: string[];
  looked_at: number;
  since: number;
}

export interface SmartHost {
  id: string;
  name: string;
  host: string;
  port: number;
  tls: string;
  user: string;
  notes: string;
  relay: boolean;
  spf: string;
}

export interface CoachReport {
  domain: string;
  readable: string;
  host: string;
  at: number;
  ready: boolean;
  complete: boolean;
  green: number;
  total: number;
  needed_green: number;
  needed: number;
  lines: CoachLine[];
  providers: SmartHost[];
}

/** Watch a domain; what was seen of another one is forgotten. */
export function useCoach(domain: string): { report: CoachReport | undefined; stands: boolean } {
  const spoken = useLanguage();
  const [report, setReport] = useState<CoachReport | undefined>(undefined);
  const [stands, setStands] = useState(true);
  useEffect(() => {
    const address = path(`domains/${seg(domain)}/coach/events`, { language: language.get() });
    return keep(address, { coach: (data) => setReport(data as CoachReport), stands: setStands });
  }, [domain, spoken]);
  return { report: report?.domain === domain ? report : undefined, stands };
}
