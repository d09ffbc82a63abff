/* The lines that the log page shows: those that were written, newer ones as they come, and earlier ones when they are asked for. */
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { asProblem, useAsk } from "../api/ask.ts";
import { get, type Problem } from "../api/client.ts";
import { useLog } from "../api/live.ts";
import type { LogLine } from "../api/types.ts";
import { grumble } from "../parts/toast.tsx";

export interface Wanted {
  category: string;
  level: string;
  search: string;
  /** Such as 2026-12-31; empty: all days, and what comes. */
  day: string;
}

interface Lines {
  items: LogLine[];
  next: string | null;
  days: string[];
}

export interface Log {
  lines: LogLine[];
  days: string[];
  busy: boolean;
  error: Problem | undefined;
  again: () => void;
  /** Fetch earlier lines; null: there are none. */
  earlier: (() => Promise<void>) | null;
  /** How many came since it was paused; null: it is not. */
  waiting: number | null;
  pause: () => void;
  goOn: () => void;
}

export const LEVELS = ["debug", "info", "warning", "error"];
const PAGE = 200;
/** Lines that are kept; a browser should not drown in them. */
const MOST = 2000;

export function useLines(wanted: Wanted): Log {
  const { category, level, search, day } = wanted;
  const query = { protocol: category, level, search, day, limit: PAGE };
  const past = useAsk(`log ${JSON.stringify(query)}`, () => get<Lines>("log", query));
  const [lines, setLines] = useState<LogLine[]>([]);
  const [held, setHeld] = useState<LogLine[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const fits = useMemo(() => filter(wanted), [category, level, search]);
  useEffect(() => {
    if (!past.data) return;
    setLines(past.data.items.toReversed());
    setNext(past.data.next);
    setHeld((old) => old && []);
  }, [past.data]);
  const hear = useRef<(line: LogLine) => void>(() => undefined);
  hear.current = (line) => {
    if (day || !fits(line)) return;
    if (held) setHeld((old) => added(old ?? [], line));
    else setLines((old) => added(old, line));
  };
  const { again } = past;
  useLog(
    useCallback((line: LogLine) => hear.current(line), []),
    again,
  );
  const earlier = async () => {
    try {
      const found = await get<Lines>("log", { ...query, after: next });
      setLines((old) => [...found.items.toReversed(), ...old].slice(0, MOST));
      setNext(found.next);
    } catch (error) {
      grumble(asProblem(error));
    }
  };
  return {
    lines,
    days: past.data?.days ?? [],
    busy: past.busy,
    error: past.error,
    again: past.again,
    earlier: next ? earlier : null,
    waiting: held?.length ?? null,
    pause: () => setHeld([]),
    goOn: () => {
      setLines((old) => (held ?? []).reduce(added, old));
      setHeld(null);
    },
  };
}

/** Add a line, unless it was among those that were fetched a moment ago. */
function added(lines: LogLine[], line: LogLine): LogLine[] {
  const text = JSON.stringify(line);
  if (lines.slice(-50).some((one) => one.time === line.time && JSON.stringify(one) === text)) return lines;
  return [...lines, line].slice(-MOST);
}

/** What the server leaves out of what was written, the page leaves out of what comes. */
function filter({ category, level, search }: Wanted): (line: LogLine) => boolean {
  const least = LEVELS.indexOf(level);
  const needle = search.toLowerCase();
  return (line) =>
    (!category || line.category === category) &&
    LEVELS.indexOf(line.level) >= least &&
    (!needle || JSON.stringify(line).toLowerCase().includes(needle));
}
