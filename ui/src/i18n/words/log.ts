/* The log. */
import type { Words } from "./index.ts";

export const log = {
  "log.title": ["Log", "交信記録"],
  "log.lead": [
    "What is said and done, as it happens. Passwords are never written down.",
    "やり取りや出来事をその場で表示します。パスワードは記録されません。",
  ],
  "log.pause": ["Pause", "一時停止"],
  "log.go-on": ["Go on", "再開"],
  "log.waiting": ["{n|# new line|# new lines}", "新しい記録 {n} 行"],
  "log.export": ["Export", "書き出し"],
  "log.category": ["Category", "種類"],
  "log.any": ["Everything", "すべて"],
  "log.level": ["At least", "重要度"],
  "log.level-any": ["All levels", "すべて"],
  "log.search": [
    "Words, address, person, session or letter",
    "語句・アドレス・人・セッション・メール番号で検索",
  ],
  "log.empty": ["Nothing has been logged yet", "まだ記録がありません"],
  "log.empty-lead": [
    "Lines appear here as soon as something happens. Which categories are written is chosen in Options, Logging.",
    "出来事があるとここに表示されます。記録する種類は「設定」の「記録」で選べます。",
  ],
  "log.lines": ["Log lines", "記録"],
  "log.about": ["All of {name} {value}", "{name} {value} だけを表示"],
  "log.letter": ["Where this letter went", "このメールの足どり"],
  "log.cat.smtp": ["SMTP", "SMTP"],
  "log.cat.pop3": ["POP3", "POP3"],
  "log.cat.imap": ["IMAP", "IMAP"],
  "log.cat.web": ["Web", "Web"],
  "log.cat.finger": ["Finger", "Finger"],
  "log.cat.auth": ["Sign-ins", "認証"],
  "log.cat.delivery": ["Delivery", "配送"],
  "log.cat.system": ["System", "システム"],
  "log.cat.spam": ["Spam checks", "迷惑メール判定"],
  "log.lev.debug": ["Details", "詳細"],
  "log.lev.info": ["Normal", "通常"],
  "log.lev.warning": ["Warnings", "警告"],
  "log.lev.error": ["Errors", "エラー"],
} satisfies Words;
