/* How many people wait for an account, for the place in the frame that leads to them. */
import { cell } from "../state.ts";
import { get } from "./client.ts";

export const waiting = cell(0);

/** Count anew; where it cannot be known, nobody waits. */
export async function count(): Promise<void> {
  try {
    const found = await get<{ items: unknown[]; total?: number | null }>("applicants", { limit: 100 });
    waiting.set(found.total ?? found.items.length);
  } catch {
    waiting.set(0);
  }
}
