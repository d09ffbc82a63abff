"""What `hawknest report` says, in English and Japanese as in `messages`."""

from typing import Final

REPORT: Final[dict[str, tuple[str, str]]] = {
    "report-none": (
        (
            "No other server has told anything about {of} in the last {days} days. Reports come where the DNS asks for them: "
            "`hawknest domain records` shows the records"
        ),
        (
            "この {days} 日間、{of} について他のサーバーからの報告はありません。報告は DNS で求めると届きます。"
            "必要なレコードは `hawknest domain records` で確認できます"
        ),
    ),
    "report-all": ("your domains", "お使いのドメイン"),
    "report-head": (
        "{of}, last {days} days: {letters} letters in your name, {passed} of them ({share}%) passed DMARC",
        "{of}、直近 {days} 日間: あなたの名前で {letters} 通、うち {passed} 通 ({share}%) が DMARC に合格",
    ),
    "report-tls-head": (
        "TLS to your servers: {sessions} sessions, {failed} of them failed",
        "お使いのサーバーへの TLS: {sessions} 件、うち失敗 {failed} 件",
    ),
    "report-good": (
        "{letters} letters from {source}: all passed",
        "{source} から {letters} 通: すべて合格",
    ),
    "report-part": (
        (
            "{letters} letters from {source}: {passed} passed, the others failed. Either something of yours is not signed "
            "everywhere, or letters were passed on by others"
        ),
        (
            "{source} から {letters} 通: {passed} 通が合格、残りは不合格。署名していない送信が一部にあるか、"
            "途中で転送されたと考えられます"
        ),
    ),
    "report-passed on": (
        "{letters} letters from {source} failed, and who got them says that a mailing list or a forwarder did it",
        "{source} から {letters} 通が不合格。受信側によると、メーリングリストか転送によるものです",
    ),
    "report-unknown": (
        "{letters} letters from {source} claimed to be you and failed both SPF and DKIM: a forger, or a service you forgot",
        "{source} から {letters} 通があなたを名乗り、SPF と DKIM の両方で不合格: なりすましか、設定を忘れているサービスです",
    ),
    "report-refused": (
        "   {refused} were refused, {quarantined} put aside as junk",
        "   {refused} 通が受信拒否、{quarantined} 通が迷惑メール扱い",
    ),
    "report-as": ("   written as {name}", "   名乗ったドメイン: {name}"),
    "report-tls-failure": (
        "{sessions} sessions to {host} failed: {result} ({policy})",
        "{host} への {sessions} 件が失敗: {result} ({policy})",
    ),
    "report-server": ("your server", "お使いのサーバー"),
    "report-more": (
        "… and {count} more addresses; --json has all",
        "… ほか {count} 件のアドレス (--json ですべて表示)",
    ),
    "report-sent-none": ("no report was sent to others yet", "他のサーバーへの報告はまだ送っていません"),
    "report-sent-at": ("WHEN", "日時"),
    "report-sent-kind": ("KIND", "種類"),
    "report-sent-domain": ("ON", "ドメイン"),
    "report-sent-to": ("TO", "宛先"),
    "report-sent-count": ("OF", "件数"),
    "report-sent-outcome": ("OUTCOME", "結果"),
    "trace-report": (
        "looked for reports in the letter to {address}",
        "{address} 宛てのメールの報告を調べました",
    ),
}
