"""What `hawknest invite` says, in English and Japanese as in `messages`."""

from typing import Final

INVITE: Final[dict[str, tuple[str, str]]] = {
    "invite-here": ("command line", "コマンドライン"),
    "invite-off": (
        "nobody makes an account for oneself here; `hawknest config set sign_up invited` allows it with an invitation",
        "アカウントを自分で作ることはできない設定です。`hawknest config set sign_up invited` で、招待があれば作れるようになります",
    ),
    "invite-made": (
        "Pass this link on; it is shown this once, and good until {until}:\n{link}",
        "このリンクを渡してください。表示はこの一度だけで、{until} まで有効です:\n{link}",
    ),
    "invite-none": ("no invitation is open", "有効な招待はありません"),
    "invite-nobody": ("nobody asks for an account", "アカウントの申請はありません"),
    "invite-id": ("ID", "ID"),
    "invite-for": ("FOR", "宛先"),
    "invite-left": ("LEFT", "残り"),
    "invite-until": ("UNTIL", "期限"),
    "invite-note": ("NOTE", "メモ"),
    "invite-address": ("ASKS FOR", "希望アドレス"),
    "invite-name": ("NAME", "氏名"),
    "invite-since": ("SINCE", "申請日時"),
    "invite-from": ("FROM", "接続元"),
    "invite-removed": ("the invitation is taken back", "招待を取り消しました"),
    "invite-admitted": ("{address} has an account now", "{address} のアカウントを作りました"),
    "invite-refused": ("{address} is forgotten", "{address} の申請を取り下げました"),
    "invite-who": (
        "nobody who asks is called {which}, or more than one: take the id of `hawknest invite list`",
        "{which} に当てはまる申請がないか、複数あります。`hawknest invite list` の ID を指定してください",
    ),
}
