"""What import and export say, in English and Japanese as in `messages`."""

from typing import Final

CARRY: Final[dict[str, tuple[str, str]]] = {
    "carry-progress": ("{count} letters, now {mailbox}", "{count} 通、現在 {mailbox}"),
    "carry-imported": (
        "{count} letters were brought in; {known} were there from an earlier run.",
        "{count} 通を取り込みました。{known} 通は以前に取り込み済みです。",
    ),
    "carry-exported": (
        "{count} letters were written; {known} were there from an earlier run.",
        "{count} 通を書き出しました。{known} 通は以前に書き出し済みです。",
    ),
    "carry-mailbox": ("MAILBOX", "メールボックス"),
    "carry-place": ("WENT TO", "行き先"),
    "carry-letters": ("LETTERS", "通数"),
    "carry-octets": ("SIZE", "サイズ"),
    "carry-compared": ("BOTH SIDES", "照合"),
    "carry-equal": ("equal", "一致"),
    "carry-unequal": ("DIFFER: {letters} letters arrived", "不一致: 届いたのは {letters} 通"),
    "carry-unknown": ("not compared", "照合なし"),
    "carry-gone": ("equal; {gone} deleted here since", "一致。{gone} 通はその後ここで削除"),
    "carry-none": ("There are no letters.", "メールはありません。"),
    "carry-all-equal": (
        "Compared letter by letter: all that is there has arrived.",
        "1 通ずつ照合しました。すべて届いています。",
    ),
    "carry-not-equal": (
        "Not all has arrived. Run the same command again: what is there is not carried twice.",
        "届いていないメールがあります。同じコマンドをもう一度実行してください。済んだものは二重になりません。",
    ),
    "carry-passed-over": (
        "{count} files are no letters and no mailboxes, and were passed over.",
        "{count} 個のファイルはメールでもメールボックスでもないので飛ばしました。",
    ),
    "carry-missed": (
        "{count} letters went away while they were read; another program is at work there.",
        "{count} 通は読む間に消えました。ほかのプログラムが動いています。",
    ),
    "carry-lost": (
        "{count} letters cannot be read: their files are gone (hawknest doctor).",
        "{count} 通は読めません。ファイルがありません (hawknest doctor)。",
    ),
    "carry-refused": (
        "{count} letters were refused by the other server: {words}",
        "{count} 通は相手サーバーに断られました: {words}",
    ),
    "carry-closed": (
        "The mailbox {mailbox} could not be opened there.",
        "相手側のメールボックス {mailbox} を開けませんでした。",
    ),
    "carry-password": ("Password of {user} at {host}: ", "{host} の {user} のパスワード: "),
    "carry-no-password": ("the password is empty", "パスワードが空です"),
    "carry-one-source": (
        "say what to import: a file or directory, or --from-imap HOST --user NAME",
        "取り込み元を指定してください: ファイルかディレクトリ、または --from-imap HOST --user NAME",
    ),
    "carry-one-place": (
        "say where to export to: a file or directory, or --to-imap HOST --user NAME",
        "書き出し先を指定してください: ファイルかディレクトリ、または --to-imap HOST --user NAME",
    ),
    "carry-no-user": (
        "say with --user who logs in at {host}",
        "{host} にログインする名前を --user で指定してください",
    ),
    "carry-unreadable": (
        "{path} cannot be read by the owner of the nest's data; pack it with tar and hand it in: tar c … | hawknest import … -",
        "{path} はネストの所有者には読めません。tar で渡してください: tar c … | hawknest import … -",
    ),
    "carry-is-there": (
        "{path} is there already; an archive is never written over",
        "{path} はすでにあります。書庫は上書きしません",
    ),
}
