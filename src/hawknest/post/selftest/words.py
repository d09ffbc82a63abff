"""What the self-test says: each step, and with `-do` what helps where it fails; English and Japanese."""

from collections.abc import Mapping
from typing import Any, Final, Literal

Language = Literal["en", "ja"]

SELFTEST: Final[dict[str, tuple[str, str]]] = {
    "selftest-ok": ("ok    ", "成功  "),
    "selftest-failed": ("FAILED", "失敗  "),
    "selftest-said": ("what was said: {said}", "応答: {said}"),
    "selftest-well": ("Everything works.", "すべて正常です。"),
    "selftest-ill": (
        "Something does not work: see above for what to do, then run it again.",
        "正常でない点があります。上の対処をしてから、もう一度実行してください。",
    ),
    "selftest-running": ("the server is running", "サーバーが動いている"),
    "selftest-running-do": (
        "Start it: hawknest serve --data {directory}, or systemctl start hawknest",
        "起動してください: hawknest serve --data {directory} または systemctl start hawknest",
    ),
    "selftest-listener": (
        "{service} answers on {address}, port {port}",
        "{service} が {address}、ポート {port} で応答する",
    ),
    "selftest-listener-do": (
        "Does a firewall of this machine block the port, or are all connections taken? See hawknest log show",
        "このマシンのファイアウォールがポートを塞いでいませんか? 接続数の上限ではありませんか? hawknest log show で確認してください",
    ),
    "selftest-tls": ("{service} on port {port}: encryption begins", "{service}、ポート {port}: 暗号化できる"),
    "selftest-tls-do": (
        "Look at the certificate: hawknest doctor; then hawknest reload",
        "証明書を確認してください: hawknest doctor、その後 hawknest reload",
    ),
    "selftest-relay": (
        "{service} on port {port}: who is not logged in cannot send to elsewhere",
        "{service}、ポート {port}: 認証なしではよそへ送れない",
    ),
    "selftest-relay-do": (
        "This machine is exempt from logging in: hawknest exempt list, then hawknest exempt remove",
        "このマシンが認証免除になっています: hawknest exempt list で確かめ、hawknest exempt remove で消してください",
    ),
    "selftest-no-service": (
        "there is a way in for mail programs ({services})",
        "メールソフト用の入口がある ({services})",
    ),
    "selftest-no-service-do": (
        "Switch the listener on in hawknest.toml (enabled = true), and restart the server",
        "hawknest.toml でリスナーを有効にし (enabled = true)、サーバーを再起動してください",
    ),
    "selftest-login": (
        "{service} on port {port}: {account} can log in, with a one-time token",
        "{service}、ポート {port}: {account} が一回限りのトークンで認証できる",
    ),
    "selftest-login-do": (
        "Too many wrong logins lately? Wait some minutes. Otherwise see hawknest log show --category auth",
        "最近、認証の失敗が多くありませんでしたか? 数分待ってください。ほかは hawknest log show --category auth で確認してください",
    ),
    "selftest-letter": ("a letter to {recipient} is accepted", "{recipient} 宛てのメールを受け付ける"),
    "selftest-letter-do": (
        "The answer above says why; a full disk or a broken database is told by hawknest doctor",
        "上の応答が理由です。ディスクやデータベースの問題は hawknest doctor で分かります",
    ),
    "selftest-filed": (
        "the letter is in the mailbox of {recipient} ({letter})",
        "メールが {recipient} のメールボックスにある ({letter})",
    ),
    "selftest-filed-do": (
        "It went elsewhere: hawknest log trace {letter}. Does {recipient} forward its letters without keeping a copy?",
        "ほかへ送られました: hawknest log trace {letter}。{recipient} は写しを残さずに転送していませんか?",
    ),
    "selftest-read": (
        "{service} on port {port}: {account} can log in, read the letter and delete it",
        "{service}、ポート {port}: {account} が認証し、メールを読んで削除できる",
    ),
    "selftest-read-do": (
        "IN-USE: another program is reading this mailbox now; close it and try again. Otherwise see hawknest log show",
        "IN-USE の場合は、ほかのソフトがこのメールボックスを使用中です。閉じてからやり直してください。ほかは hawknest log show で確認してください",
    ),
    "selftest-removed": ("the letter is gone again", "メールが削除された"),
    "selftest-removed-do": (
        "See hawknest log show; the self-test has removed it itself",
        "hawknest log show で確認してください。自己診断が自分で削除しました",
    ),
}


def text(key: str, language: Language, values: Mapping[str, Any]) -> str:
    """Give a message."""
    return SELFTEST[f"selftest-{key}"][1 if language == "ja" else 0].format_map(values)
