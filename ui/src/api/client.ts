/* How the pages talk with the server: JSON over the same origin, errors as RFC 9457 problem details. */
import { language } from "../i18n/index.ts";

export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly field: string | null;

  constructor(status: number, title: string, detail: string, field: string | null = null) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.field = field;
  }
}

/** Called when the server no longer knows who we are. */
let lost: () => void = () => undefined;
export function whenSignedOut(then: () => void): void {
  lost = then;
}

type Query = Record<string, string | number | boolean | null | undefined>;

/** A path of the API with its query; what is empty is left out. */
export function path(parts: string, query: Query = {}): string {
  const set = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1/${parts}${text && `?${text}`}`;
}

export const seg = encodeURIComponent;

async function send(
  method: string,
  url: string,
  body?: unknown,
  type = "application/json",
): Promise<Response> {
  const headers: Record<string, string> = {
    "X-Hawknest": "1",
    Accept: "application/json",
    "Accept-Language": language.get(),
  };
  if (body !== undefined) headers["Content-Type"] = type;
  const content = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      body: content,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, "unreachable", "");
  }
  if (answer.ok) return answer;
  const told = await problem(answer);
  if (answer.status === 401 && !url.includes("/auth/")) lost();
  throw told;
}

async function problem(answer: Response): Promise<Problem> {
  try {
    const told = (await answer.json()) as { title?: string; detail?: string; field?: string };
    return new Problem(answer.status, told.title ?? answer.statusText, told.detail ?? "", told.field ?? null);
  } catch {
    return new Problem(answer.status, answer.statusText, "");
  }
}

async function value<T>(answer: Response): Promise<T> {
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

export const get = async <T>(parts: string, query?: Query): Promise<T> =>
  value<T>(await send("GET", path(parts, query)));
export const post = async <T = unknown>(parts: string, body: unknown = {}): Promise<T> =>
  value<T>(await send("POST", path(parts), body));
export const patch = async <T = unknown>(parts: string, body: unknown): Promise<T> =>
  value<T>(await send("PATCH", path(parts), body));
export const drop = async <T = unknown>(parts: string, body?: unknown): Promise<T> =>
  value<T>(await send("DELETE", path(parts), body));
/** Send a text that is not JSON. */
export const upload = async <T>(parts: string, text: string, type: string, query?: Query): Promise<T> =>
  value<T>(await send("POST", path(parts, query), text, type));
