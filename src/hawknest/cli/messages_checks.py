"""What is said of how a stranger's letter was looked over, in English and Japanese as in `messages`."""

from typing import Final

CHECKS: Final[dict[str, tuple[str, str]]] = {
    "trace-checked": ("its papers were looked over", "差出人を確かめました"),
    "trace-sealed": (
        "sealed for {domain}: what was found about it goes along (ARC)",
        "{domain} として封印しました: 受け取ったときの確認結果を添えます (ARC)",
    ),
    "trace-put off": (
        "put off for {address}: the other server tries again",
        "{address} 宛てはあとで送り直すよう求めました",
    ),
    "trace-junk": ("filed among the junk of {address}", "{address} の迷惑メールに入れました"),
    "strictness-refuse": (
        "letters to {domain} that are forged are refused, or filed among the junk, as the true owners ask",
        "{domain} 宛てのなりすましメールは、本来の持ち主の指定どおり断るか迷惑メールに入れます",
    ),
    "strictness-junk": (
        "letters to {domain} that are forged are filed among the junk",
        "{domain} 宛てのなりすましメールは迷惑メールに入れます",
    ),
    "strictness-mark": (
        "letters to {domain} that are forged are let in; what was found is only written down",
        "{domain} 宛てのなりすましメールも受け取り、結果を記録するだけにします",
    ),
    "check-spf-pass": (
        "SPF: {domain} lets this server send its letters",
        "SPF: {domain} はこのサーバーからの送信を認めています",
    ),
    "check-spf-fail": (
        "SPF: {domain} does not let this server send its letters",
        "SPF: {domain} はこのサーバーからの送信を認めていません",
    ),
    "check-spf-softfail": (
        "SPF: {domain} says that this is probably none of its servers",
        "SPF: {domain} は、自分のサーバーではないらしいと言っています",
    ),
    "check-spf-neutral": (
        "SPF: {domain} leaves it open who sends its letters",
        "SPF: {domain} は送信元を定めていません",
    ),
    "check-spf-none": (
        "SPF: {domain} does not say who sends its letters",
        "SPF: {domain} は送信元を公開していません",
    ),
    "check-spf-temperror": (
        "SPF: {domain} could not be asked just now",
        "SPF: 今は {domain} に確認できませんでした",
    ),
    "check-spf-permerror": (
        "SPF: what {domain} says cannot be understood",
        "SPF: {domain} の記述に誤りがあります",
    ),
    "check-dkim-pass": ("DKIM: the signature of {domain} is right", "DKIM: {domain} の署名は正しいものです"),
    "check-dkim-fail": (
        "DKIM: the signature of {domain} does not fit the letter",
        "DKIM: {domain} の署名がメールと合いません",
    ),
    "check-dkim-policy": (
        "DKIM: the signature of {domain} is not believed",
        "DKIM: {domain} の署名は信用できません",
    ),
    "check-dkim-neutral": (
        "DKIM: there is a signature that cannot be read",
        "DKIM: 読み取れない署名があります",
    ),
    "check-dkim-temperror": (
        "DKIM: the key of {domain} could not be asked for just now",
        "DKIM: 今は {domain} の鍵を確認できませんでした",
    ),
    "check-dkim-permerror": (
        "DKIM: there is no key for the signature of {domain}",
        "DKIM: {domain} の署名に使える鍵がありません",
    ),
    "check-dkim-none": ("DKIM: nobody has signed the letter", "DKIM: 署名がありません"),
    "check-dmarc-pass": (
        "DMARC: {domain} stands behind the letter",
        "DMARC: {domain} からのメールだと確かめられました",
    ),
    "check-dmarc-fail": (
        "DMARC: {domain} does not stand behind the letter",
        "DMARC: {domain} からのメールとは認められません",
    ),
    "check-dmarc-none": (
        "DMARC: {domain} does not say how to tell its letters",
        "DMARC: {domain} は見分け方を公開していません",
    ),
    "check-dmarc-temperror": (
        "DMARC: {domain} could not be asked just now",
        "DMARC: 今は {domain} に確認できませんでした",
    ),
    "check-policy-none": (
        "{domain} asks for nothing to be done with such letters",
        "{domain} は、そうしたメールの扱いを指定していません",
    ),
    "check-policy-quarantine": (
        "{domain} asks to put such letters among the junk",
        "{domain} は、そうしたメールを迷惑メールに入れるよう求めています",
    ),
    "check-policy-reject": (
        "{domain} asks to refuse such letters",
        "{domain} は、そうしたメールを断るよう求めています",
    ),
    "check-arc-pass": (
        "ARC: {domain} passed it on, and seals how it came there",
        "ARC: {domain} が転送し、届いたときの状態を保証しています",
    ),
    "check-arc-fail": (
        "ARC: the seals of those who passed it on do not hold",
        "ARC: 転送したサーバーの封印が壊れています",
    ),
    "check-arc-temperror": (
        "ARC: the seals could not be looked at just now",
        "ARC: 今は封印を確認できませんでした",
    ),
    "check-iprev-pass": ("The address belongs to {name}", "接続元は {name} です"),
    "check-iprev-fail": (
        "The name of the address does not lead back to it",
        "接続元の名前を引いても元のアドレスに戻りません",
    ),
    "check-iprev-permerror": ("The address has no name", "接続元に名前 (逆引き) がありません"),
    "check-iprev-temperror": (
        "The name of the address could not be asked for just now",
        "今は接続元の名前を確認できませんでした",
    ),
    "check-listed": ("On lists of bad addresses: {zones}", "ブロックリストに載っています: {zones}"),
    "check-vouched": ("On lists of good addresses: {zones}", "許可リストに載っています: {zones}"),
    "check-excused": (
        "Let in all the same: a forwarder that is trusted had found it genuine",
        "信頼する転送サーバーが本物と確認していたので受け取りました",
    ),
}
