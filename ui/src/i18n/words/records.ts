/* The DNS records of a domain. */
import type { Words } from "./index.ts";

export const records = {
  "records.zone": ["All of them as a zone file", "ゾーンファイルの形で表示"],
  "records.zone-lead": [
    "Where the domain is managed, this can be pasted as it is, if zone files are taken there.",
    "ドメインの管理画面がゾーンファイルに対応していれば、このまま貼り付けられます。",
  ],
} satisfies Words;
