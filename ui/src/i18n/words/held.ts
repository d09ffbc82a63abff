/* Finding stored letters, and what is wrong with one in a sentence. */
import type { Words } from "./index.ts";

export const held = {
  "held.from": ["From contains", "差出人に含む"],
  "held.about": ["Subject contains", "件名に含む"],
  "held.larger": ["Size", "サイズ"],
  "held.any-size": ["Any size", "サイズを問わない"],
  "held.size-or-more": ["{size} or more", "{size} 以上"],
  "held.since": ["Came on or after", "受信日 (以降)"],
  "held.before": ["Came before", "受信日 (より前)"],
  "held.more": ["More ways to find", "条件を追加"],
  "held.none": ["No letter fits", "条件に合うメールはありません"],
  "held.clear": ["Show all again", "条件をクリア"],
  "held.choose": ["Choose “{subject}”", "「{subject}」を選ぶ"],
  "held.choose-all": ["Choose all on this page", "このページのすべてを選ぶ"],
  "held.chosen": ["{n|one letter|# letters} chosen, {size}", "{n} 通を選択中 ({size})"],
  "held.unchoose": ["Choose none", "選択を解除"],
  "held.remove-chosen": ["{n|Remove one letter|Remove # letters}", "{n} 通を削除"],
  "held.remove-several": ["{n|Remove one letter?|Remove # letters?}", "{n} 通のメールを削除しますか?"],
  "held.removed-several": ["{n|One letter is|# letters are} removed", "{n} 通のメールを削除しました"],
  "fault.nul": [
    "There is an octet of value 0 in it. Some programs stop reading there.",
    "NUL 文字 (値 0 のバイト) が含まれています。そこで読むのをやめるソフトがあります。",
  ],
  "fault.bare-cr": [
    "A carriage return stands alone, not at a line's end.",
    "行末ではない場所に CR だけがあります。",
  ],
  "fault.bare-lf": ["Lines end with LF alone.", "LF だけで終わる行があります。"],
  "fault.long-line": [
    "A line is longer than the 998 octets that are allowed.",
    "規定の 998 バイトより長い行があります。",
  ],
  "fault.no-header": ["It has no header at all.", "ヘッダーがまったくありません。"],
  "fault.long-header": ["Its header is longer than 64 KB.", "ヘッダーが 64 KB を超えています。"],
  "fault.raw-header": [
    "Its header is in an unknown character set, and may be shown garbled.",
    "ヘッダーの文字コードが分からず、文字化けすることがあります。",
  ],
  "fault.no-from": ["It does not say who wrote it.", "差出人 (From) がありません。"],
  "fault.no-date": ["It does not say when it was written.", "日付 (Date) がありません。"],
  "fault.twice": [
    "A field that may stand once only stands there twice.",
    "1 つだけのはずのヘッダー項目が 2 つ以上あります。",
  ],
  "fault.unended": [
    "A part has no end: it was cut off, or never finished.",
    "終わりのないパートがあります。途中で切れたか、未完成のメールです。",
  ],
  "fault.deep": [
    "It has more parts, or deeper ones, than anybody looks at.",
    "パートの数や入れ子が多すぎて、すべては読まれません。",
  ],
  "fault.encoding": [
    "A part is in a transfer encoding that nobody knows.",
    "知られていない形式で符号化されたパートがあります。",
  ],
} satisfies Words;
