/* Who is signed in. */
import { speakAs } from "../i18n/index.ts";
import { cell } from "../state.ts";
import { get, post } from "./client.ts";
import { silence } from "./live.ts";
import type { Me } from "./types.ts";

/** undefined: not asked yet; null: nobody. */
export const me = cell<Me | null | undefined>(undefined);

export async function refresh(): Promise<void> {
  try {
    const who = await get<Me>("auth/me");
    speakAs(who.language);
    me.set(who);
  } catch {
    me.set(null);
  }
}

export async function signOut(): Promise<void> {
  silence();
  await post("auth/sign-out").catch(() => undefined);
  me.set(null);
}

/** An administrator of everything, at a listener for administration. */
export const steward = (who: Me): boolean => who.listeners_admin && who.admin && who.domains === null;
/** Somebody who looks after users: of everything, or of some domains. */
export const keeper = (who: Me): boolean => who.listeners_admin && who.admin;
/** Where somebody begins. */
export const homeOf = (who: Me): string => (steward(who) ? "/" : keeper(who) ? "/users" : "/me");
