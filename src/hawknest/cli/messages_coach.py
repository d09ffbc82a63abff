"""What `hawknest coach` says besides the coach's own words: a key, English, Japanese."""

from typing import Final

COACH: Final[dict[str, tuple[str, str]]] = {
    "coach-head": ("{domain} on {host}", "{host} の {domain}"),
    "coach-count": (
        "{done} of {needed} needed lines are green, {green} of {total} in all",
        "必要な {needed} 項目中 {done}、全 {total} 項目中 {green} が緑です",
    ),
    "coach-group-found": ("Found: others find this server", "見つかる: このサーバーにたどり着ける"),
    "coach-group-believed": ("Believed: letters count as yours", "信じられる: 本物のメールと認められる"),
    "coach-group-protected": ("Protected: nobody comes between", "守られる: 途中で盗み見られない"),
    "coach-group-reachable": ("Reachable: letters come and go", "届く: メールが出入りできる"),
    "coach-needed": ("needed", "必須"),
    "coach-wise": ("recommended", "推奨"),
    "coach-extra": ("optional", "任意"),
    "coach-next": ("To do next", "次にすること"),
    "coach-more": ("… and {count} more", "… ほか {count} 件"),
    "coach-name": ("Name", "名前"),
    "coach-zone": ("Name (in {zone})", "名前 ({zone})"),
    "coach-type": ("Type", "種類"),
    "coach-value": ("Value", "内容"),
    "coach-skipped": ("If skipped: {words}", "省略すると: {words}"),
    "coach-watching": (
        "Watching; lines turn green by themselves. Ctrl-C ends it.",
        "監視中です。登録すると自動で緑になります。Ctrl-C で終了します。",
    ),
    "coach-ready": (
        "Everything that is needed is green: others find, reach and believe {domain}.",
        "必要な項目はすべて緑です。{domain} のメールを使い始められます。",
    ),
    "coach-not-ready": (
        "Not ready yet: {count} needed lines are not green.",
        "まだ準備中です。必要な項目があと {count} 件あります。",
    ),
    "coach-changed": ("{time}  {title}: {text}", "{time}  {title}: {text}"),
    "coach-literal": (
        "{domain} is an IP address: there is nothing to enter for it",
        "{domain} は IP アドレスなので、登録するものはありません",
    ),
    "coach-no-domain": (
        "there is no domain yet: hawknest domain add NAME",
        "ドメインがまだありません: hawknest domain add 名前",
    ),
    "coach-providers": (
        'Smart hosts: what goes into [[route]] of hawknest.toml (match = "*")',
        'スマートホスト: hawknest.toml の [[route]] に書く内容 (match = "*")',
    ),
    "coach-login": ("log in with {user}", "ログイン名: {user}"),
    "coach-mailbox": ("mailbox", "メールボックス"),
    "coach-relay": ("relay", "中継サービス"),
}
