/* Where in the pages somebody is: the path of the address bar, matched against patterns such as /users/:address. */
import { cell } from "./state.ts";

export interface Place {
  path: string;
  query: URLSearchParams;
}

function here(): Place {
  if (typeof location === "undefined") return { path: "/", query: new URLSearchParams() };
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export const place = cell<Place>(here());

/** Go somewhere within the pages. */
export function go(to: string, how: { replace?: boolean } = {}): void {
  if (how.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  const before = place.get().path;
  place.set(here());
  if (before !== place.get().path) window.scrollTo(0, 0);
}

/** Match a path; the answer holds the named parts, or is null. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/").filter(Boolean);
  const found = path.split("/").filter(Boolean);
  if (wanted.length !== found.length) return null;
  const parts: Record<string, string> = {};
  for (const [n, piece] of wanted.entries()) {
    const got = found[n] ?? "";
    if (piece.startsWith(":")) {
      try {
        parts[piece.slice(1)] = decodeURIComponent(got);
      } catch {
        return null;
      }
    } else if (piece !== got) return null;
  }
  return parts;
}

/** Follow links inside the page without loading it anew, and the back button. */
export function listen(): void {
  window.addEventListener("popstate", () => place.set(here()));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href);
    if (to.origin !== location.origin || !ours(to.pathname) || link.getAttribute("href")?.startsWith("#"))
      return;
    event.preventDefault();
    go(to.pathname + to.search);
  });
}

/** The pages themselves; other paths, such as /api, are the server's. */
function ours(path: string): boolean {
  return (
    path === "/" ||
    /^\/(welcome|join|coach|sign-in|log|options|users|aliases|queue|letters|reports|audit|access|me|setup|help)(\/|$)/.test(
      path,
    )
  );
}
