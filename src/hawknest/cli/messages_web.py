"""Messages about the pages: a key, English, Japanese."""

from typing import Final

WEB: Final[dict[str, tuple[str, str]]] = {
    "link-for": ("A link that signs {address} in:", "{address} でサインインするリンク:"),
    "link-first": (
        "Nobody administers this nest yet. Whoever opens this link sets it up and becomes its administrator:",
        "このネストにはまだ管理者がいません。このリンクを開いた人が初期設定を行い、管理者になります:",
    ),
    "link-open": (
        "Open this link in a browser. It is good once, for {span}:",
        "ブラウザーでこのリンクを開いてください。一度だけ、{span} 以内に使えます:",
    ),
    "link-or": ("or, from within the same house:", "同じネットワークの中からは:"),
    "link-nowhere": (
        "No pages are given now: switch a listener for http or https on, and start the server; then `hawknest link` makes a link.",
        "今はページを開けません。http か https の待ち受けをオンにしてサーバーを起動し、`hawknest link` でリンクを作ってください。",
    ),
    "link-begin": (
        "Then set it up in your browser:",
        "起動したら、ブラウザーで初期設定をします:",
    ),
}
