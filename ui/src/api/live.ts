/* What the server says by itself, as server-sent events: its state and the changes that are made, in one stream for all pages; the log in
   a stream of its own, while somebody looks at it. */
import { useEffect } from "preact/hooks";
import { cell } from "../state.ts";
import { path } from "./client.ts";
import type { AuditLine, LogLine, Status } from "./types.ts";

export const status = cell<Status | undefined>(undefined);
/** Whether the stream stands. */
export const connected = cell(false);

const AGAIN = 3000;
const changes = new Set<(one: AuditLine) => void>();

let source: EventSource | undefined;
let pause: ReturnType<typeof setTimeout> | undefined;

/** Begin to listen; the browser connects again by itself, except where it was turned away. */
export function tune(): void {
  if (source) return;
  clearTimeout(pause);
  const stream = new EventSource(path("events", { topics: "status,audit" }));
  source = stream;
  stream.addEventListener("open", () => connected.set(true));
  stream.addEventListener("error", () => {
    connected.set(false);
    if (stream.readyState !== EventSource.CLOSED || source !== stream) return;
    silence();
    pause = setTimeout(tune, AGAIN);
  });
  stream.addEventListener("status", (event) => status.set(JSON.parse(event.data) as Status));
  stream.addEventListener("audit", (event) => {
    for (const hear of changes) hear(JSON.parse(event.data) as AuditLine);
  });
}

/** Stop listening. */
export function silence(): void {
  clearTimeout(pause);
  source?.close();
  source = undefined;
  connected.set(false);
}

/** Hear of every change that somebody makes. */
export function useChanges(then: (one: AuditLine) => void): void {
  useEffect(() => {
    changes.add(then);
    return () => void changes.delete(then);
  }, [then]);
}

/** Hear every line of the log as it is written. */
export function useLog(then: (one: LogLine) => void): void {
  useEffect(() => {
    const stream = new EventSource(path("events", { topics: "log" }));
    stream.addEventListener("log", (event) => then(JSON.parse(event.data) as LogLine));
    return () => stream.close();
  }, [then]);
}
