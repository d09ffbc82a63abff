/* A form that knows what was changed in it, sends it, and puts what the server finds wrong beside the field at fault. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { asProblem } from "../api/ask.ts";
import type { Problem } from "../api/client.ts";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Wrong } from "./field.tsx";
import { inWords } from "./toast.tsx";

export interface Draft<T> {
  value: T;
  set: <K extends keyof T>(name: K, value: T[K]) => void;
  dirty: boolean;
  /** Only what differs from what the server has. */
  changes: Partial<T>;
  discard: () => void;
}

export function useDraft<T extends object>(kept: T): Draft<T> {
  const [mine, setMine] = useState<Partial<T>>({});
  const same = (name: keyof T) => JSON.stringify(mine[name]) === JSON.stringify(kept[name]);
  const changed = (Object.keys(mine) as (keyof T)[]).filter((name) => !same(name));
  return {
    value: { ...kept, ...mine },
    set: (name, value) => setMine((old) => ({ ...old, [name]: value })),
    dirty: changed.length > 0,
    changes: Object.fromEntries(changed.map((name) => [name, mine[name]])) as Partial<T>,
    discard: () => setMine({}),
  };
}

export interface Sending {
  problem: Problem | undefined;
  busy: boolean;
  /** What is wrong with one field. */
  wrong: (field: string) => string | undefined;
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

export function useSending(): Sending {
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  return {
    problem,
    busy,
    wrong: (field) => (problem?.field === field ? inWords(problem) : undefined),
    clear: () => setProblem(undefined),
    async run(work) {
      setBusy(true);
      setProblem(undefined);
      try {
        await work();
        return true;
      } catch (error) {
        setProblem(asProblem(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}

/** A form; what no field is named for stands at its end. */
export function Form(props: {
  onSubmit: () => unknown;
  sending?: Sending;
  fields?: readonly string[];
  children: ComponentChildren;
}) {
  const problem = props.sending?.problem;
  const loose = problem && !(problem.field && props.fields?.includes(problem.field));
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void props.onSubmit();
      }}
    >
      {props.children}
      {loose && <Wrong>{inWords(problem)}</Wrong>}
    </form>
  );
}

type Changing = Pick<Draft<object>, "dirty" | "discard">;

/** Save or take back; there while something is unsaved. */
export function SaveBar({ draft, sending }: { draft: Changing; sending: Sending }) {
  if (!draft.dirty) return null;
  return (
    <div class="save-bar">
      <span>{t("part.unsaved")}</span>
      <div class="row">
        <Button
          kind="quiet"
          onPress={() => {
            draft.discard();
            sending.clear();
          }}
        >
          {t("part.discard")}
        </Button>
        <Button kind="main-act" submit busy={sending.busy}>
          {t("part.save")}
        </Button>
      </div>
    </div>
  );
}
