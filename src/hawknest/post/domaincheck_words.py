"""The words of the domain check, in English and Japanese: what was found, and what to do about it.

A key of the table is also the `id` of a finding in JSON, so scripts may rely on it. Both languages fill in the same places,
which a test compares; an advice may be empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True)
class Message:
    """What was found and what to do, by language."""

    text: Mapping[Language, str]
    advice: Mapping[Language, str]


def _message(en: str, ja: str, en_advice: str = "", ja_advice: str = "") -> Message:
    return Message({"en": en, "ja": ja}, {"en": en_advice, "ja": ja_advice})


WORDS: Final[Mapping[str, Message]] = MappingProxyType(
    {
        "literal": _message(
            "{domain} is an IP address: there is nothing to look up.",
            "{domain} は IP アドレスなので、調べるものはありません。",
        ),
        # MX
        "mx": _message(
            "Mail for {domain} is brought to: {hosts}.", "{domain} 宛てのメールの届け先: {hosts}。"
        ),
        "mx-none": _message(
            "{domain} has neither an MX record nor an address: nobody can send mail to it.",
            "{domain} には MX レコードもアドレスもないため、メールを送れません。",
            "Add an MX record with the full name of the mail server.",
            "メールサーバーの完全な名前を指す MX レコードを追加してください。",
        ),
        "mx-implicit": _message(
            "{domain} has no MX record; mail is brought to the address of {domain} itself.",
            "{domain} に MX レコードがないため、メールは {domain} 自体のアドレスに届けられます。",
            "Add an MX record: some senders insist on one.",
            "MX レコードを追加してください。MX がないと送らないサーバーもあります。",
        ),
        "mx-null": _message(
            "{domain} says that it takes no mail at all (null MX).",
            "{domain} はメールを一切受け取らないと宣言しています (null MX)。",
            "If it should take mail, replace the MX record `.` by the name of the mail server.",
            "メールを受け取るには、MX レコード「.」をメールサーバーの名前に変更してください。",
        ),
        "mx-null-mixed": _message(
            'Among the MX records of {domain} is `{host}`, which means "no mail", beside real servers.',
            "{domain} の MX レコードに、実在のサーバーと並んで「受け取らない」を意味する「{host}」があります。",
            "Remove the MX record `.`.",
            "MX レコード「.」を削除してください。",
        ),
        "mx-is-address": _message(
            "An MX record of {domain} holds the IP address {host}; a name must stand there.",
            "{domain} の MX レコードに IP アドレス {host} が書かれています。名前でなければなりません。",
            "Give that machine a name with an A or AAAA record, and enter the name.",
            "そのマシンに A または AAAA レコードで名前を付け、その名前を登録してください。",
        ),
        "host": _message("{host} is at {addresses}.", "{host} のアドレス: {addresses}。"),
        "host-no-address": _message(
            "The mail server {host} of {domain} has no address.",
            "{domain} のメールサーバー {host} にアドレスがありません。",
            "Add an A record (IPv4) or AAAA record (IPv6) for {host}, or correct the name in the MX record.",
            "{host} に A (IPv4) または AAAA (IPv6) レコードを追加するか、MX レコードの名前を直してください。",
        ),
        "address-not-public": _message(
            "{host} has the address {address}, which cannot be reached from the Internet.",
            "{host} のアドレス {address} には、インターネットから到達できません。",
            "Enter the public address; inside a house or office, that is the router's.",
            "グローバルアドレスを登録してください。家庭や社内ではルーターのアドレスです。",
        ),
        "here": _message(
            "Mail for {domain} comes to this server.", "{domain} 宛てのメールはこのサーバーに届きます。"
        ),
        "not-here": _message(
            "Mail for {domain} does not come to this server: none of its mail servers is {host}.",
            "{domain} 宛てのメールはこのサーバーに届きません。届け先に {host} がありません。",
            "Let the MX record of {domain} name {host}, unless a service in front of this server hands mail on to it.",
            "{domain} の MX レコードに {host} を登録してください (前段のサービスが転送してくる場合を除く)。",
        ),
        # PTR
        "ptr": _message(
            "The address {address} of {host} has the name {names}, which leads back to it.",
            "{host} のアドレス {address} の逆引きは {names} で、正引きとも一致します。",
        ),
        "ptr-other": _message(
            "The address {address} of {host} has another name: {names}.",
            "{host} のアドレス {address} の逆引きは別の名前です: {names}。",
            "Ask the provider of that address to set its PTR record to {host}.",
            "アドレスの提供元に、PTR (逆引き) を {host} にするよう依頼してください。",
        ),
        "ptr-none": _message(
            "The address {address} of {host} has no name (PTR record).",
            "{host} のアドレス {address} に逆引き (PTR レコード) がありません。",
            "Ask the provider of that address to set its PTR record to {host}; many servers refuse mail without it.",
            "アドレスの提供元に PTR を {host} にするよう依頼してください。逆引きがないと拒否するサーバーが多くあります。",
        ),
        "ptr-unconfirmed": _message(
            "The address {address} of {host} has the name {names}, but that name does not lead back to it.",
            "{host} のアドレス {address} の逆引き {names} は、正引きすると別のアドレスになります。",
            "Let the name have that address, or ask the provider to set the PTR record to {host}.",
            "その名前にこのアドレスを登録するか、提供元に PTR を {host} にするよう依頼してください。",
        ),
        # policies
        "spf": _message("SPF says who may send as {domain}: {policy}", "{domain} の SPF: {policy}"),
        "spf-none": _message(
            "{domain} does not say which servers may send its mail (no SPF record).",
            "{domain} に、送信を許すサーバーの宣言 (SPF レコード) がありません。",
            "Add the TXT record `v=spf1 mx -all` to {domain}, if only its mail servers send.",
            "送信するのがメールサーバーだけなら、{domain} に TXT レコード `v=spf1 mx -all` を追加してください。",
        ),
        "spf-many": _message(
            "{domain} has several SPF records, so that none of them counts.",
            "{domain} に SPF レコードが複数あるため、どれも有効になりません。",
            "Join them into one.",
            "一つにまとめてください。",
        ),
        "spf-everybody": _message(
            "The SPF record of {domain} lets everybody send in its name: {policy}",
            "{domain} の SPF は誰にでも送信を許しています: {policy}",
            "Let it end in `-all` or `~all`.",
            "末尾を `-all` または `~all` にしてください。",
        ),
        "spf-open": _message(
            "The SPF record of {domain} does not say what to do with mail from elsewhere: {policy}",
            "{domain} の SPF は、ほかから来たメールの扱いを定めていません: {policy}",
            "Let it end in `-all` or `~all`.",
            "末尾を `-all` または `~all` にしてください。",
        ),
        "dmarc": _message("DMARC policy at {name}: {policy}", "{name} の DMARC ポリシー: {policy}"),
        "dmarc-none": _message(
            "{domain} has no DMARC policy of its own (TXT record at {name}).",
            "{domain} 自身の DMARC ポリシー ({name} の TXT レコード) がありません。",
            "Add the TXT record `v=DMARC1; p=none` at {name} to begin with; large hosts expect one.",
            "まず {name} に TXT レコード `v=DMARC1; p=none` を追加してください。大手事業者が求めています。",
        ),
        "dmarc-many": _message(
            "There are several DMARC policies at {name}, so that none of them counts for {domain}.",
            "{name} に DMARC ポリシーが複数あり、{domain} にはどれも有効になりません。",
            "Remove all but one.",
            "一つだけ残してください。",
        ),
        "dnssec": _message("DNSSEC vouches for {domain}.", "{domain} は DNSSEC で保護されています。"),
        # no answer, and why
        "dns-no-such-name": _message(
            "The name {name} does not exist (NXDOMAIN, says {resolver}).",
            "{name} という名前は存在しません (NXDOMAIN、{resolver} の回答)。",
            "See whether it is spelled right, registered and paid for; a new one can take hours to appear.",
            "つづり、登録、更新料を確認してください。新しい名前は反映まで数時間かかることがあります。",
        ),
        "dns-no-data": _message(
            "{name} exists, but has no {kind} record (says {resolver}).",
            "{name} は存在しますが、{kind} レコードがありません ({resolver} の回答)。",
        ),
        "dns-not-a-name": _message(
            "{name} cannot be the name of anything.",
            "{name} は名前として使えません。",
            "See whether it is spelled right.",
            "つづりを確認してください。",
        ),
        "dns-server-failed": _message(
            "The resolver {resolver} could not find out about {kind} of {name} (SERVFAIL {detail}).",
            "リゾルバー {resolver} は {name} の {kind} を調べられませんでした (SERVFAIL {detail})。",
            "The name servers of that domain do not work, or its DNSSEC is broken; ask whoever runs them.",
            "そのドメインのネームサーバーが動いていないか、DNSSEC が壊れています。管理者に確認してください。",
        ),
        "dns-silent": _message(
            "The resolver {resolver} did not answer in time when asked for {kind} of {name}.",
            "リゾルバー {resolver} が {name} の {kind} について時間内に答えませんでした。",
            "See whether the address of the resolver is right, and whether a firewall drops UDP port 53.",
            "リゾルバーのアドレスと、ファイアウォールが UDP 53 番を遮っていないかを確認してください。",
        ),
        "dns-truncated": _message(
            "The answer about {kind} of {name} is too long for UDP, and {resolver} did not give it over TCP ({detail}).",
            "{name} の {kind} の回答は UDP に収まらず、{resolver} から TCP でも得られませんでした ({detail})。",
            "See whether a firewall or router blocks TCP port 53.",
            "ファイアウォールやルーターが TCP 53 番を遮っていないかを確認してください。",
        ),
        "dns-refused": _message(
            "The resolver {resolver} refuses to answer this machine (asked for {kind} of {name}).",
            "リゾルバー {resolver} はこのマシンへの回答を拒否しています ({name} の {kind})。",
            "Use a resolver that is meant for you: your provider's, or your own.",
            "プロバイダーまたは自前の、利用を許されたリゾルバーを使ってください。",
        ),
        "dns-malformed": _message(
            "The resolver {resolver} sent an answer about {kind} of {name} that cannot be read ({detail}).",
            "リゾルバー {resolver} の {name} の {kind} についての回答は読み取れません ({detail})。",
            "Try another resolver; routers of old are known for this.",
            "別のリゾルバーを試してください。古いルーターでよくあります。",
        ),
        "dns-unreachable": _message(
            "The resolver {resolver} cannot be reached ({detail}); it was to be asked for {kind} of {name}.",
            "リゾルバー {resolver} に接続できません ({detail})。{name} の {kind} を問い合わせるところでした。",
            "See whether the address of the resolver is right and whether it is running.",
            "リゾルバーのアドレスと、動作しているかを確認してください。",
        ),
        "resolver-own": _message(
            "The resolver {resolver} is named by this network's own address on the Internet.",
            "リゾルバー {resolver} に、このネットワーク自身のグローバルアドレスが指定されています。",
            "That address can change: enter the resolver's address inside your network, or your provider's resolver.",
            "グローバルアドレスは変わることがあります。ネットワーク内のアドレスか、プロバイダーのものを指定してください。",
        ),
    }
)
