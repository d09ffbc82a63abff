/* How letters travel: what protected them, and what we ask of others. */
import type { Words } from "./index.ts";

export const transport = {
  "over.dane": ["Over {tls}, certificate proven by DANE", "{tls} で送信。証明書は DANE で確認済み"],
  "over.mta-sts": ["Over {tls}, certificate proven by MTA-STS", "{tls} で送信。証明書は MTA-STS で確認済み"],
  "over.webpki": ["Over {tls}, with a trusted certificate", "{tls} で送信。証明書は信頼できるもの"],
  "over.tls": [
    "Over {tls}: encrypted, not proven to whom",
    "{tls} で送信。暗号化されていますが、相手は未確認",
  ],
  "over.clear": ["In clear text", "暗号化せずに送信"],
  "general.transport": ["Letters on their way to you", "届くメールの保護"],
  "policy.mta_sts": [
    "What do you ask of servers that send to you (MTA-STS)?",
    "送ってくるサーバーに求めること (MTA-STS)",
  ],
  "why.mta_sts": [
    "It is heard once the DNS has its records. Ask for TLS only when reports have been good for some weeks: a certificate that runs out then stops your mail.",
    "DNS にレコードを登録すると有効になります。レポートに数週間問題がなければ必須にできます。必須にすると、証明書の期限が切れた間はメールが届きません。",
  ],
  "word.mta_sts.testing": ["To report trouble (recommended)", "問題の報告 (推奨)"],
  "word.mta_sts.testing-help": [
    "Letters come all the same, and you hear what was wrong.",
    "メールは届き、問題があれば知らされます。",
  ],
  "word.mta_sts.enforce": ["To send over proven TLS alone", "確認済み TLS での送信 (必須)"],
  "word.mta_sts.enforce-help": [
    "Nobody on the way can read or change letters; with a wrong certificate none come.",
    "途中で読まれたり書き換えられたりしません。証明書に誤りがあると届かなくなります。",
  ],
  "word.mta_sts.off": ["Nothing", "何も求めない"],
  "word.mta_sts.off-help": [
    "Others are told that nothing holds any more.",
    "何も求めないことを相手に伝えます。",
  ],
} satisfies Words;
