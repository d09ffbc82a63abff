"""What `hawknest letter` says, in English and Japanese as in `messages`."""

from typing import Final

LETTER: Final[dict[str, tuple[str, str]]] = {
    "letter-number": ("NO", "番号"),
    "letter-size": ("SIZE", "サイズ"),
    "letter-came": ("CAME", "受信"),
    "letter-mailbox": ("MAILBOX", "メールボックス"),
    "letter-from": ("FROM", "差出人"),
    "letter-subject": ("SUBJECT", "件名"),
    "letter-defects": ("DEFECTS", "不具合"),
    "letter-date": ("DATE", "日付"),
    "letter-id": ("MESSAGE-ID", "Message-ID"),
    "letter-trace": ("TRACE", "追跡番号"),
    "letter-defect": ("DEFECT", "不具合"),
    "letter-none": ("no such letter", "該当するメールはありません"),
    "letter-more": (
        "{shown} of {total} letters are shown, {octets} in all; --count shows more",
        "{total} 通 (合計 {octets}) のうち {shown} 通を表示しています。--count で増やせます",
    ),
    "letter-which": (
        "say which letters, by their numbers in `hawknest letter list`",
        "`hawknest letter list` の番号で、どのメールかを指定してください",
    ),
    "letter-sure": (
        "Remove {count} for good, the first from {sender}: {subject}?",
        "{count} 通を完全に削除しますか (最初の 1 通は {sender} からの「{subject}」)?",
    ),
    "letter-removed": ("{count} removed", "{count} 通を削除しました"),
    "letter-day": (
        "{text} is not a day such as 2026-01-31",
        "{text} は日付ではありません (例: 2026-01-31)",
    ),
    "letter-there": (
        "{file} is there already; nothing was written",
        "{file} はすでにあります。何も書き込みませんでした",
    ),
    "letter-no-defect": (
        "there is no defect {defect}; there are: {names}",
        "{defect} という不具合の名前はありません。指定できる名前: {names}",
    ),
    "defect-nul": (
        "an octet of value 0 is in it: some programs stop reading there",
        "値 0 のバイトが含まれています。ここで読むのをやめるソフトがあります",
    ),
    "defect-bare-cr": (
        "a carriage return stands alone, not at a line's end",
        "行末ではない場所に CR だけがあります",
    ),
    "defect-bare-lf": ("lines end with LF alone", "LF だけで終わる行があります"),
    "defect-long-line": (
        "a line is longer than the 998 octets that are allowed",
        "規定の 998 バイトより長い行があります",
    ),
    "defect-no-header": ("it has no header at all", "ヘッダーがまったくありません"),
    "defect-long-header": ("its header is longer than 64 KB", "ヘッダーが 64 KB を超えています"),
    "defect-raw-header": (
        "its header has octets in an unknown character set",
        "ヘッダーに文字コードの分からないバイトがあります",
    ),
    "defect-no-from": ("it does not say who wrote it (From)", "差出人 (From) がありません"),
    "defect-no-date": ("it does not say when it was written (Date)", "日付 (Date) がありません"),
    "defect-twice": (
        "a field that may stand once only stands there twice",
        "1 つだけのはずのヘッダー項目が 2 つ以上あります",
    ),
    "defect-unended": (
        "a part has no end: the letter was cut off, or never finished",
        "終わりのないパートがあります。途中で切れているか、未完成です",
    ),
    "defect-deep": (
        "it has more parts, or deeper ones, than anybody looks at",
        "パートの数や入れ子が多すぎて、すべては読まれません",
    ),
    "defect-encoding": (
        "a part is in a transfer encoding that nobody knows",
        "知られていない転送エンコーディングのパートがあります",
    ),
}
