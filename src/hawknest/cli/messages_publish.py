"""What `hawknest domain publish` and `hawknest address` say, in English and Japanese as in `messages`."""

from typing import Final

PUBLISH: Final[dict[str, tuple[str, str]]] = {
    "publish-nowhere": (
        (
            "say which server keeps the zone of {domain}, and with which key it can be changed: "
            "hawknest domain publish {domain} --server IP --key NAME --secret-stdin"
        ),
        (
            "{domain} のゾーンを持つサーバーと、変更用の鍵を指定してください: "
            "hawknest domain publish {domain} --server IP --key 名前 --secret-stdin"
        ),
    ),
    "publish-key": (
        "--key needs its secret: give it on stdin with --secret-stdin",
        "--key には秘密鍵が必要です。--secret-stdin を付けて標準入力から渡してください",
    ),
    "publish-busy": (
        "the server is changing zones just now; try again in a minute",
        "サーバーがゾーンを変更中です。1 分後にもう一度お試しください",
    ),
    "publish-off-nothing": (
        "{domain} is not published by this server",
        "{domain} はこのサーバーからは公開していません",
    ),
    "publish-added": ("entered    {line}", "登録        {line}"),
    "publish-removed": ("taken out  {line}", "削除        {line}"),
    "publish-would-add": ("to enter     {line}", "登録予定    {line}"),
    "publish-would-remove": ("to take out  {line}", "削除予定    {line}"),
    "publish-conflict": (
        (
            "! not entered: {line}\n  there is already: {found}\n"
            "  It is not from this server, so it was left alone. Change it yourself, or let --replace put ours in its place."
        ),
        (
            "! 未登録: {line}\n  既にあるもの: {found}\n"
            "  このサーバーが登録したものではないため、そのままにしました。ご自身で直すか、--replace で置き換えてください。"
        ),
    ),
    "publish-kept": (
        "- not entered: {line}\n  there is already: {found}\n  That is as good; it stays.",
        "- 未登録: {line}\n  既にあるもの: {found}\n  これで足りるので、そのままにします。",
    ),
    "publish-elsewhere": (
        "{count} more are not for this zone, or only you know them: see hawknest domain records {domain}",
        "ほかに {count} 件、このゾーンの外のもの、またはご自身で記入するものがあります: hawknest domain records {domain}",
    ),
    "publish-nothing": (
        "the zone {zone} says all that it should",
        "ゾーン {zone} は必要な内容になっています",
    ),
    "publish-on": (
        "the records of {domain} are kept in step in the zone {zone}, on {server}",
        "{domain} のレコードは、今後も {server} のゾーン {zone} で自動的に更新されます",
    ),
    "publish-ended": (
        "the records of {domain} are yours again; nothing is changed there any more",
        "{domain} のレコードの自動更新をやめました",
    ),
}
