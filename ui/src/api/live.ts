/* What the server says by itself: its state, log lines and the audit, as server-sent events. One stream for the whole page. */
import { useEffect } from "preact/hooks";
import { cell } from "../state.ts";
import { path } from "./client.ts";
import type { AuditLine, LogLine, Status } from "./types.ts";

export const status = cell<Status | undefined>(undefined);
/** Whether the stream stands. */
export const connected = cell(false);

type Heard = { log: LogLine; audit: AuditLine };
const ears: { [K in keyof Heard]: Set<(one: Heard[K]) => void> } = { log: new Set(), audit: new Set() };

let source: EventSource | undefined;

/** Begin to listen; the browser connects again by itself. */
export function tune(): void {
  if (source) return;
  source = new EventSource(path("events"));
  source.addEventListener("open", () => connected.set(true));
  source.addEventListener("error", () => {
    connected.set(false);
    if (source?.readyState === EventSource.CLOSED) retry();
  });
  source.addEventListener("status", (event) => status.set(JSON.parse(event.data) as Status));
  source.addEventListener("log", (event) => hear("log", JSON.parse(event.data) as LogLine));
  source.addEventListener("audit", (event) => hear("audit", JSON.parse(event.data) as AuditLine));
}

function hear<K extends keyof Heard>(kind: K, one: Heard[K]): void {
  for (const ear of ears[kind]) ear(one);
}

function retry(): void {
  silence();
  setTimeout(tune, 3000);
}

/** Stop listening. */
export function silence(): void {
  source?.close();
  source = undefined;
  connected.set(false);
}

export function useHear<K extends keyof Heard>(kind: K, then: (one: Heard[K]) => void): void {
  useEffect(() => {
    ears[kind].add(then);
    return () => void ears[kind].delete(then);
  }, [kind, then]);
}
