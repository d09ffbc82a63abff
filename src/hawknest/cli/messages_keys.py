"""Messages about the keys that letters are signed with: a key, English, Japanese."""

from typing import Final

KEYS: Final[dict[str, tuple[str, str]]] = {
    "keys-head": (
        "Letters from {domain} are signed with these keys. Enter each record where the domain is managed (type TXT):",
        "{domain} から出るメールは次の鍵で署名されます。各レコードをドメインの管理画面で登録してください (種類は TXT):",
    ),
    "keys-none": (
        "{domain} has no keys yet: the server makes them when it runs next",
        "{domain} の鍵はまだありません。サーバーを起動すると作られます",
    ),
    "keys-literal": (
        "{domain} is an address: there is no place in the DNS for its keys, and its letters are not signed",
        "{domain} は IP アドレスなので鍵を DNS に置けません。メールには署名しません",
    ),
    "keys-new": (
        "not used yet: it signs by itself as soon as the DNS has this record",
        "未使用: レコードが DNS に現れると自動で使い始めます",
    ),
    "keys-missing": (
        "not used yet: the DNS did not have this record on {at}",
        "未使用: {at} の時点で DNS にレコードがありません",
    ),
    "keys-active": ("signs since {since}", "{since} から署名に使用中"),
    "keys-gone": (
        "signs, but the DNS did not have its record on {at}: enter it again, or receivers do not believe the signature",
        "署名に使用中ですが、{at} の時点で DNS にレコードがありません。登録し直すまで、受信側は署名を信用しません",
    ),
    "keys-retiring": (
        "signs no more; leave its record in the DNS until {until}, for letters that are on their way",
        "使用終了。配送中のメールのため、{until} まではレコードを DNS に残してください",
    ),
    "keys-retired": (
        "retired: its record can be taken out of the DNS",
        "使用終了。レコードを DNS から削除できます",
    ),
    "keys-rotated": (
        "New keys are made. They take over when the DNS has their records; until then the present ones go on:",
        "新しい鍵を作りました。DNS にレコードが現れると自動で切り替わり、それまでは今の鍵を使います:",
    ),
    "keys-rotating": (
        "New keys wait already for their records to be in the DNS; no others were made.",
        "新しい鍵はすでに登録待ちです。追加では作りませんでした。",
    ),
    "keys-closed": (
        "the key {selector} of {domain} was sealed with another vault.key: new ones are made in its place",
        "{domain} の鍵 {selector} は別の vault.key で封印されています。代わりに新しい鍵を作ります",
    ),
    "trace-signed": ("signed by {domain} ({keys})", "{domain} の署名付き ({keys})"),
    "trace-rewritten": (
        "left with From at {domain}, because its author's domain would have had it refused",
        "差出人のドメインの方針で拒否されるため、From を {domain} のアドレスにして送りました",
    ),
    "trace-unsigned-no author": (
        "not signed: From does not name one author's domain",
        "署名なし: From から差出人のドメインを 1 つに決められません",
    ),
    "trace-unsigned-elsewhere": (
        "not signed: the author's domain is not one of this server",
        "署名なし: 差出人のドメインはこのサーバーのものではありません",
    ),
    "trace-unsigned-not allowed": (
        "not signed: who sent it may not write as the author in From",
        "署名なし: 送信者には From のアドレスを名乗る権限がありません",
    ),
    "trace-unsigned-no key": (
        "not signed: the domain has no key yet",
        "署名なし: ドメインの鍵がまだありません",
    ),
    "trace-unsigned-not published": (
        "not signed: the key is not in the DNS yet",
        "署名なし: 鍵がまだ DNS にありません",
    ),
    "trace-unsigned-locked": (
        "not signed: the key cannot be opened with this machine's vault.key",
        "署名なし: このマシンの vault.key では鍵を開けません",
    ),
    "trace-unsigned-header": ("not signed: its header is too long", "署名なし: ヘッダーが長すぎます"),
}
