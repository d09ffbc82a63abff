/* Asking the server for what a page shows: the answer, that it is under way, or why there is none. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "./client.ts";

export interface Asked<T> {
  data: T | undefined;
  error: Problem | undefined;
  busy: boolean;
  /** Ask again; what is shown stays until the answer comes. */
  again: () => void;
  /** Show something at once, before the server has said so. */
  put: (data: T) => void;
}

export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(-1, "bug", String(error));
}

/** Ask when the page opens and whenever `key` changes; null asks nothing. */
export function useAsk<T>(key: string | null, question: () => Promise<T>): Asked<T> {
  const [answer, setAnswer] = useState<{ key: string | null; data?: T; error?: Problem }>({ key });
  const [busy, setBusy] = useState(key !== null);
  const turn = useRef(0);
  const run = useCallback(() => {
    if (key === null) return;
    const mine = ++turn.current;
    setBusy(true);
    question()
      .then((data) => mine === turn.current && setAnswer({ key, data }))
      .catch((error: unknown) => mine === turn.current && setAnswer({ key, error: asProblem(error) }))
      .finally(() => mine === turn.current && setBusy(false));
  }, [key]);
  useEffect(() => {
    run();
    return () => {
      turn.current += 1;
    };
  }, [run]);
  return {
    data: answer.data,
    error: answer.error,
    busy,
    again: run,
    put: (data) => setAnswer({ key, data }),
  };
}
