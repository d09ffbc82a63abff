/* Everything the pages say, English and Japanese side by side. tests/words.test.ts looks for what is missing or unused. */
import { access } from "./access.ts";
import { certificates } from "./certificates.ts";
import { checks } from "./checks.ts";
import { dashboard } from "./dashboard.ts";
import { frame } from "./frame.ts";
import { held } from "./held.ts";
import { help } from "./help.ts";
import { joining } from "./joining.ts";
import { letters } from "./letters.ts";
import { log } from "./log.ts";
import { machine } from "./machine.ts";
import { options } from "./options.ts";
import { policies } from "./policies.ts";
import { records } from "./records.ts";
import { self } from "./self.ts";
import { signin } from "./signin.ts";
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
  ...self,
  ...help,
  ...held,
  ...joining,
  ...machine,
  ...certificates,
};
