"""What the lines on ways in and out say, on the address, and on the clock."""

from collections.abc import Mapping
from typing import Final

from hawknest.post.domaincheck_words import Message


def finding(en: str, ja: str, en_advice: str = "", ja_advice: str = "") -> Message:
    """What was found, and what to do."""
    return Message({"en": en, "ja": ja}, {"en": en_advice, "ja": ja_advice})


REACHABLE: Final[Mapping[str, Message]] = {
    "address": finding(
        "Nothing says that {addresses} changes or is a home's.",
        "{addresses} が家庭用や変動するアドレスだという様子はありません。",
    ),
    "address-home": finding(
        "{address} is called {name}, as addresses of homes or changing ones are.",
        "{address} の名前は {name} で、家庭用または変動するアドレスに見えます。",
        "Ask the provider for a fixed address with a name of your own, or send through a smart host.",
        "固定アドレスと逆引きの設定をプロバイダーに依頼するか、スマートホスト経由で送ってください。",
    ),
    "lists": finding("Not on: {lists}.", "載っていません: {lists}。"),
    "lists-unasked": finding(
        "No blocklist is asked.",
        "ブロックリストには問い合わせていません。",
        "Name some: hawknest config set coach.blocklists",
        "問い合わせるリストを指定できます: hawknest config set coach.blocklists",
    ),
    "lists-listed": finding(
        "Listed by {lists}: {why}",
        "{lists} に載っています: {why}",
        "Find out why on the list's own page, end the cause, and ask there to be removed. A new address may carry its former owner's deeds.",
        "リストのページで理由を調べ、原因を取り除いてから解除を申請してください。前の利用者が原因のこともあります。",
    ),
    "lists-nobody": finding(
        "None of the lists answers this machine: {lists}.",
        "どのリストもこのマシンに回答しません: {lists}。",
        "Lists refuse large public resolvers: use your provider's resolver, or your own.",
        "公開リゾルバーは拒否されます。プロバイダーまたは自前のリゾルバーを使ってください。",
    ),
    "lists-blind": finding("Not asked: {why}.", "問い合わせできません: {why}。"),
    "ports-closed": finding(
        "This server does not listen for letters from others.",
        "このサーバーは、よそからのメールを待ち受けていません。",
        "Is it running? hawknest status. Else switch the listener smtp on in hawknest.toml.",
        "動いていますか? hawknest status で確認し、hawknest.toml の smtp リスナーを有効にしてください。",
    ),
    "ports-heard": finding(
        "Letters have come from the Internet in these days.", "最近、インターネットからメールが届いています。"
    ),
    "ports-open": finding("The checker outside reaches {open}.", "外部のチェッカーから届きます: {open}。"),
    "ports-shut": finding(
        "Cannot be reached at {host}: {ports}.",
        "{host} に届きません: {ports}。",
        "Open these ports in the router (port forwarding), in the provider's firewall and in this machine's own.",
        "ルーターのポート転送、事業者のファイアウォール、このマシンのファイアウォールで開いてください。",
    ),
    "ports-checker": finding(
        "The checker at {url} gives no answer: {why}",
        "チェッカー {url} から回答がありません: {why}",
        'It must answer with JSON: {{"open": true}}',
        'JSON で {{"open": true}} のように回答する必要があります。',
    ),
    "ports-other": finding(
        "Another server answers on port 25 of {address}: {said}",
        "{address} の 25 番では、別のサーバーが応答します: {said}",
        "Let the router lead port 25 to this machine, or correct the address of its name.",
        "ルーターの 25 番をこのマシンに向けるか、アドレスの登録を直してください。",
    ),
    "ports-here": finding(
        "All ports answer at {address}, asked from this machine.",
        "{address} のすべてのポートが応答します (このマシンから確認)。",
    ),
    "not-outside": finding(
        "Whether a firewall on the way shuts others out cannot be seen from here; the first letter from outside will show it.",
        "途中のファイアウォールが外部を遮っていないかは、ここからは分かりません。外から最初のメールが届けば確認できます。",
    ),
    "ports-untold": finding(
        "Cannot be told from inside: {address} does not lead back to this machine ({ports}), as with many routers.",
        "内側からは分かりません。{address} がこのマシンに戻りません ({ports})。多くのルーターでよくあることです。",
        "Look from outside, such as with a phone that is not in your Wi-Fi, or send a letter from elsewhere: the line turns green when it arrives.",
        "Wi-Fi を切ったスマートフォンなど、外から確かめてください。よそからメールが 1 通届けば、この項目は緑になります。",
    ),
    "out": finding("Letters can leave: {host} answers.", "メールを送れます: {host} が応答しました。"),
    "out-sent": finding(
        "Letters have left for other servers in these days.", "最近、ほかのサーバーへメールを送れています。"
    ),
    "out-relay": finding(
        "Letters leave through the smart host {host}, which answers on port {port}.",
        "スマートホスト {host} 経由で送ります ({port} 番で応答)。",
    ),
    "out-relay-dead": finding(
        "The smart host {host} does not answer on port {port}: {why}",
        "スマートホスト {host} が {port} 番で応答しません: {why}",
        "See whether its name and port are right ([[route]] in hawknest.toml).",
        "hawknest.toml の [[route]] の名前とポートを確認してください。",
    ),
    "out-unasked": finding(
        "Not tried: no mail servers may be greeted.",
        "接続してよいメールサーバーがないため、確認していません。",
        "Name domains whose mail servers may be greeted: hawknest config set coach.greeters",
        "接続してよいドメインを指定できます: hawknest config set coach.greeters",
    ),
    "out-nobody": finding(
        "The mail servers of {domains} could not be found.",
        "{domains} のメールサーバーが見つかりませんでした。",
    ),
    "out-unwelcome": finding(
        "{host} answers, and does not want letters from here: {said}",
        "{host} は応答しますが、ここからのメールを断っています: {said}",
        "The answer says why. Often it is the address: ask the provider for another, or send through a smart host.",
        "理由は応答のとおりです。多くはアドレスが原因です。変更を依頼するか、スマートホスト経由で送ってください。",
    ),
    "out-blocked": finding(
        "Port 25 is blocked on the way out: none of {hosts} could be reached.",
        "送信の 25 番ポートが塞がれています。{hosts} のどれにも接続できません。",
        "Ask the provider to open it, or hand letters to a smart host: its host, port and login go into [[route]] in hawknest.toml.",
        "事業者に解放を依頼するか、スマートホストを使ってください。ホスト、ポート、ログインを hawknest.toml の [[route]] に書きます。",
    ),
    "op25b": finding(
        "In Japan nearly all providers block port 25 for addresses that change (OP25B). A contract with a fixed address usually lifts it.",
        "日本ではほぼすべてのプロバイダーが、動的アドレスからの 25 番を遮断しています (OP25B)。固定 IP の契約で解除されるのが普通です。",
    ),
    "smart-hosts": finding(
        "Settings of well-known smart hosts: hawknest coach --providers",
        "主なスマートホストの設定一覧: hawknest coach --providers",
    ),
    "clock": finding("Right within {seconds} seconds, says {url}.", "誤差 {seconds} 秒以内です ({url})。"),
    "clock-slow": finding(
        "This machine's clock is {seconds} seconds slow, says {url}.",
        "このマシンの時計は {seconds} 秒遅れています ({url})。",
        "Let the system set it: timedatectl set-ntp true",
        "自動で合わせてください: timedatectl set-ntp true",
    ),
    "clock-fast": finding(
        "This machine's clock is {seconds} seconds fast, says {url}.",
        "このマシンの時計は {seconds} 秒進んでいます ({url})。",
        "Let the system set it: timedatectl set-ntp true",
        "自動で合わせてください: timedatectl set-ntp true",
    ),
    "clock-unasked": finding(
        "Not compared with any other.",
        "ほかの時計と比べていません。",
        "Name a web server to compare it with: hawknest config set coach.time https://…",
        "比べる Web サーバーを指定できます: hawknest config set coach.time https://…",
    ),
    "clock-nobody": finding("{url} does not tell the time: {why}", "{url} から時刻を得られません: {why}"),
    "echo-unsent": finding(
        "No test letter was sent to {to} yet.",
        "{to} へのテストメールはまだ送っていません。",
        "Send one with the button, or: hawknest coach --echo {to}",
        "ボタンか、hawknest coach --echo {to} で送れます。",
    ),
    "echo-sent": finding("A letter to {to} waits to leave.", "{to} へのメールを送信しようとしています。"),
    "echo-left": finding(
        "The letter has left for {to}; its answer is awaited for {minutes} minutes.",
        "{to} にメールを送りました。返信を {minutes} 分間待ちます。",
    ),
    "echo-deferred": finding(
        "The server of {to} asks for patience: {words}",
        "{to} のサーバーが、後で送るよう求めています: {words}",
        "Many do so with a server that they meet for the first time; it is tried again by itself.",
        "初めて接続するサーバーによくある応答です。自動で再送します。",
    ),
    "echo-bounced": finding(
        "The letter to {to} was refused: {words}",
        "{to} へのメールは拒否されました: {words}",
        "The answer says why; the lines above say what helps.",
        "理由は応答のとおりです。上の項目を確認してください。",
    ),
    "echo-silent": finding(
        "No answer from {to} within {minutes} minutes. {words}",
        "{to} から {minutes} 分以内に返信がありませんでした。{words}",
        "Does that address answer at all? Then the way back is broken: see the ports, and whether postmaster's letters are forwarded elsewhere.",
        "返信するアドレスですか? そうなら受信側の問題です。ポートと、postmaster 宛ての転送先を確認してください。",
    ),
    "echo-doubted": finding(
        "The letter came back, and {to} doubts it: {results}",
        "メールは往復しましたが、{to} は疑っています: {results}",
        "See the lines on SPF, DKIM and DMARC; a record that was entered just now may not be known there yet.",
        "SPF、DKIM、DMARC の項目を確認してください。登録した直後は、まだ伝わっていないことがあります。",
    ),
    "echo-back": finding(
        "The letter went out and came back; {to} says: {results}",
        "メールは往復しました。{to} の判定: {results}",
    ),
    "echo-plain": finding("The letter went to {to} and came back.", "{to} へのメールは往復しました。"),
    "echo-unquoted": finding(
        "The answer does not quote what was found of SPF, DKIM and DMARC.",
        "返信には、SPF、DKIM、DMARC の判定が書かれていません。",
    ),
}
