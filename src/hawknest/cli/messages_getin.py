"""What is said of ways out and of getting in, in English and Japanese as in `messages`."""

from typing import Final

GETIN: Final[dict[str, tuple[str, str]]] = {
    "trace-around blocked": (
        "its server refuses this server's address, so the letter to {address} goes by the smart host",
        "相手がこのサーバーのアドレスを断っているため、{address} 宛てはスマートホスト経由にします",
    ),
    "trace-around silent": (
        "its servers cannot be reached from here, so the letter to {address} goes by the smart host",
        "相手のサーバーに接続できないため、{address} 宛てはスマートホスト経由にします",
    ),
    "trace-around closed": (
        "no other server can be reached on port 25, so the letter to {address} goes by the smart host",
        "25 番ポートでどこにも接続できないため、{address} 宛てはスマートホスト経由にします",
    ),
    "detours-none": ("all letters go straight", "すべて直接配送しています"),
    "detours-blocked": ("refuses our address", "こちらのアドレスを拒否"),
    "detours-silent": ("cannot be reached", "接続できない"),
    "detours-closed": ("port 25 is shut", "25 番ポートが閉鎖"),
    "detours-to": ("TO", "宛先"),
    "detours-why": ("WHY", "理由"),
    "detours-since": ("SINCE", "開始"),
    "detours-until": ("STRAIGHT AGAIN", "直接を再試行"),
    "detours-said": ("SAID", "相手の返事"),
    "detours-ended": (
        "the next letter to {destination} tries the straight way",
        "{destination} 宛ての次の 1 通から直接の配送を試します",
    ),
    "detours-unknown": (
        "letters to {destination} do not go by the smart host for a while; see `hawknest queue detours`",
        "{destination} 宛ては一時的なスマートホスト経由になっていません。`hawknest queue detours` で確かめてください",
    ),
    "signins-none": ("nobody has signed in", "サインインの記録はありません"),
    "signins-last": ("LAST", "最終"),
    "signins-times": ("TIMES", "回数"),
    "signins-for": ("FOR", "用途"),
    "signins-with": ("WITH", "手段"),
    "signins-from": ("FROM", "接続元"),
    "signins-result": ("RESULT", "結果"),
    "signins-in": ("got in", "成功"),
    "signins-wrong": ("wrong password", "パスワード違い"),
    "signins-apps_only": (
        "the account's password, where an app password is needed",
        "アプリパスワードが必要",
    ),
    "signins-inactive": ("the account is switched off", "アカウントは停止中"),
    "signins-second": ("the second factor was wrong", "2 段階認証の失敗"),
    "signins-blocked": ("too many failures before", "失敗が多すぎるため拒否"),
}
