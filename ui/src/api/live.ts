/* What the server says by itself, as server-sent events: its state and the changes that are made, in one stream for all pages; the log in
   a stream of its own, while somebody looks at it. A browser has six connections for a server, and shares them among its tabs: so
   a tab that nobody sees has no stream. */
import { useEffect } from "preact/hooks";
import { cell } from "../state.ts";
import { path } from "./client.ts";
import type { AuditLine, LogLine, Status } from "./types.ts";

export const status = cell<Status | undefined>(undefined);
/** Whether the stream stands. */
export const connected = cell(true);

const AGAIN = 3000;
const changes = new Set<(one: AuditLine) => void>();
let stop: (() => void) | undefined;

/** Begin to listen. */
export function tune(): void {
  stop ??= keep(path("events", { topics: "status,audit" }), {
    status: (data) => status.set(data as Status),
    audit: (data) => {
      for (const hear of changes) hear(data as AuditLine);
    },
    stands: (on) => connected.set(on),
  });
}

/** Stop listening. */
export function silence(): void {
  stop?.();
  stop = undefined;
}

/** Hear of every change that somebody makes. */
export function useChanges(then: (one: AuditLine) => void): void {
  useEffect(() => {
    changes.add(then);
    return () => void changes.delete(then);
  }, [then]);
}

/** Hear every line of the log as it is written; `missed` is called where some may have been, while nobody looked. */
export function useLog(then: (one: LogLine) => void, missed: () => void): void {
  useEffect(() => {
    let before = false;
    return keep(path("events", { topics: "log" }), {
      log: (data) => then(data as LogLine),
      stands: (on) => {
        if (on && before) missed();
        before ||= on;
      },
    });
  }, [then, missed]);
}

type Ears = Partial<Record<"status" | "audit" | "log" | "coach", (data: unknown) => void>> & {
  stands: (on: boolean) => void;
};

/** Keep a stream of events open while the tab is seen. The browser connects again by itself, except where it was turned away. */
export function keep(address: string, { stands, ...ears }: Ears): () => void {
  let stream: EventSource | undefined;
  let pause: ReturnType<typeof setTimeout> | undefined;
  const close = () => {
    clearTimeout(pause);
    stream?.close();
    stream = undefined;
  };
  const open = () => {
    close();
    const fresh = new EventSource(address);
    stream = fresh;
    fresh.addEventListener("open", () => stands(true));
    fresh.addEventListener("error", () => {
      stands(false);
      if (stream === fresh && fresh.readyState === EventSource.CLOSED) pause = setTimeout(open, AGAIN);
    });
    for (const [topic, hear] of Object.entries(ears)) {
      fresh.addEventListener(topic, (event: MessageEvent<string>) => hear(JSON.parse(event.data)));
    }
  };
  const look = () => (document.hidden ? close() : open());
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    close();
  };
}
