/* Something to fill in: its name, the place to type, help that says why, and what is wrong with it. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface Frame {
  label: string;
  help?: ComponentChildren;
  error?: string | null | undefined;
  optional?: boolean;
}

interface Bound {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

export function Wrong({ id, children }: { id?: string; children: ComponentChildren }) {
  return (
    <p class="error" id={id} role="alert">
      <Icon name="warn" />
      <span>{children}</span>
    </p>
  );
}

/** The frame around any control. */
export function Field({
  label,
  help,
  error,
  optional,
  children,
}: Frame & { children: (bound: Bound) => ComponentChildren }) {
  const id = useId();
  const told = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="optional">{t("part.optional")}</span>}
      </label>
      {children({ id, "aria-describedby": told || undefined, "aria-invalid": error ? true : undefined })}
      {error && <Wrong id={`${id}-error`}>{error}</Wrong>}
      {help && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

type Typed = Frame & {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "email" | "password" | "number" | "search" | "url" | "datetime-local" | "date";
  rows?: number;
  short?: boolean;
  required?: boolean;
  disabled?: boolean;
  autofocus?: boolean;
  placeholder?: string;
  autocomplete?: string;
  inputMode?: "numeric" | "text";
  min?: number;
  max?: number;
  after?: ComponentChildren;
  name?: string;
};

export function TextField(props: Typed) {
  const { label, help, error, optional, value, onInput, type = "text", rows, short, after, ...rest } = props;
  return (
    <Field label={label} help={help} error={error} optional={optional ?? false}>
      {(bound) => {
        const control = rows ? (
          <textarea
            {...bound}
            class="input"
            rows={rows}
            value={value}
            disabled={rest.disabled}
            placeholder={rest.placeholder}
            onInput={(e) => onInput(e.currentTarget.value)}
          />
        ) : (
          <input
            {...bound}
            {...rest}
            class={short ? "input short" : "input"}
            type={type as "text"}
            value={value}
            spellcheck={false}
            autocapitalize="off"
            onInput={(e) => onInput(e.currentTarget.value)}
          />
        );
        return after ? (
          <div class="with-act">
            {control}
            {after}
          </div>
        ) : (
          control
        );
      }}
    </Field>
  );
}

/** A password that can be looked at. */
export function PasswordField(props: Omit<Typed, "type" | "rows" | "after"> & { more?: ComponentChildren }) {
  const { more, ...rest } = props;
  const [open, setOpen] = useState(false);
  return (
    <TextField
      {...rest}
      type={open ? "text" : "password"}
      after={
        <>
          <Button onPress={() => setOpen(!open)} pressed={open}>
            {open ? t("part.hide") : t("part.show")}
          </Button>
          {more}
        </>
      }
    />
  );
}

export interface Option {
  value: string;
  text: string;
}

export function Choose(
  props: Frame & {
    value: string;
    options: readonly Option[];
    onInput: (value: string) => void;
    short?: boolean;
    disabled?: boolean;
  },
) {
  const { value, options, onInput, short, disabled, ...frame } = props;
  return (
    <Field {...frame}>
      {(bound) => (
        <select
          {...bound}
          class={short ? "input short" : "input"}
          value={value}
          disabled={disabled}
          onInput={(e) => onInput(e.currentTarget.value)}
        >
          {options.map((one) => (
            <option key={one.value} value={one.value}>
              {one.text}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A switch that acts at once. */
export function Switch(props: {
  label: string;
  help?: ComponentChildren;
  on: boolean;
  disabled?: boolean;
  onFlip: (on: boolean) => unknown;
  tag?: ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="switch">
      <div class="switch-words">
        <span class="row">
          <label for={id}>{props.label}</label>
          {props.tag}
        </span>
        {props.help && (
          <p class="help" id={`${id}-help`}>
            {props.help}
          </p>
        )}
      </div>
      <input
        id={id}
        class="toggle"
        type="checkbox"
        role="switch"
        aria-checked={props.on}
        checked={props.on}
        disabled={props.disabled}
        aria-describedby={props.help ? `${id}-help` : undefined}
        onInput={(e) => {
          const wanted = e.currentTarget.checked;
          e.currentTarget.checked = props.on; // what it shows is what the server says
          props.onFlip(wanted);
        }}
      />
    </div>
  );
}

/** A switch in a row of a table, whose name is not shown. */
export function BareSwitch(props: {
  label: string;
  on: boolean;
  disabled?: boolean;
  onFlip: (on: boolean) => unknown;
}) {
  return (
    <input
      class="toggle"
      type="checkbox"
      role="switch"
      aria-label={props.label}
      aria-checked={props.on}
      checked={props.on}
      disabled={props.disabled}
      onInput={(e) => {
        const wanted = e.currentTarget.checked;
        e.currentTarget.checked = props.on;
        props.onFlip(wanted);
      }}
    />
  );
}

/** One of few, each with a line that says what it means. */
export function Choices(props: {
  legend: string;
  value: string;
  options: readonly (Option & { help?: string | undefined })[];
  onInput: (value: string) => void;
  hideLegend?: boolean;
}) {
  const name = useId();
  return (
    <fieldset class="stack tight">
      <legend class={props.hideLegend ? "hidden-visually" : "legend"}>{props.legend}</legend>
      <div class="choices">
        {props.options.map((one) => (
          <label key={one.value} class="choice">
            <input
              type="radio"
              name={name}
              value={one.value}
              checked={one.value === props.value}
              onInput={() => props.onInput(one.value)}
            />
            <span>
              <b>{one.text}</b>
              {one.help && <span class="help block">{one.help}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Several of few. */
export function Checks(props: {
  legend: string;
  help?: string;
  value: readonly string[];
  options: readonly Option[];
  onInput: (value: string[]) => void;
}) {
  const flip = (name: string, on: boolean) => {
    const wanted = new Set(props.value);
    if (on) wanted.add(name);
    else wanted.delete(name);
    props.onInput(props.options.map((one) => one.value).filter((one) => wanted.has(one)));
  };
  return (
    <fieldset class="stack tight">
      <legend class="legend">{props.legend}</legend>
      <div class="checks">
        {props.options.map((one) => (
          <label key={one.value} class="check">
            <input
              type="checkbox"
              checked={props.value.includes(one.value)}
              onInput={(e) => flip(one.value, e.currentTarget.checked)}
            />
            {one.text}
          </label>
        ))}
      </div>
      {props.help && <p class="help">{props.help}</p>}
    </fieldset>
  );
}

/** One of few, small, in a line. */
export function Pick(props: {
  legend: string;
  value: string;
  options: readonly Option[];
  onInput: (value: string) => void;
}) {
  const name = useId();
  return (
    <fieldset class="pick">
      <legend class="hidden-visually">{props.legend}</legend>
      {props.options.map((one) => (
        <label key={one.value}>
          <input
            class="hidden-visually"
            type="radio"
            name={name}
            checked={one.value === props.value}
            onInput={() => props.onInput(one.value)}
          />
          <span>{one.text}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function SearchField(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
}) {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        class="input"
        type="search"
        aria-label={props.label}
        placeholder={props.placeholder ?? props.label}
        value={props.value}
        spellcheck={false}
        autocapitalize="off"
        onInput={(e) => props.onInput(e.currentTarget.value)}
      />
    </div>
  );
}
