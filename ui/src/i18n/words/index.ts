/* Everything the pages say, English and Japanese side by side. tests/words.test.ts looks for what is missing or unused. */
import { access } from "./access.ts";
import { certificates } from "./certificates.ts";
import { checks } from "./checks.ts";
import { coach } from "./coach.ts";
import { dashboard } from "./dashboard.ts";
import { frame } from "./frame.ts";
import { getin } from "./getin.ts";
import { held } from "./held.ts";
import { help } from "./help.ts";
import { joining } from "./joining.ts";
import { keys } from "./keys.ts";
import { letters } from "./letters.ts";
import { log } from "./log.ts";
import { machine } from "./machine.ts";
import { options } from "./options.ts";
import { policies } from "./policies.ts";
import { records } from "./records.ts";
import { reports } from "./reports.ts";
import { self } from "./self.ts";
import { signin } from "./signin.ts";
import { transport } from "./transport.ts";
import { users } from "./users.ts";

/** English, Japanese. */
export type Words = Record<string, readonly [english: string, japanese: string]>;

export const words = {
  ...frame,
  ...signin,
  ...dashboard,
  ...log,
  ...options,
  ...policies,
  ...records,
  ...users,
  ...letters,
  ...checks,
  ...access,
  ...coach,
  ...self,
  ...help,
  ...held,
  ...joining,
  ...machine,
  ...transport,
  ...keys,
  ...reports,
  ...getin,
  ...certificates,
};
