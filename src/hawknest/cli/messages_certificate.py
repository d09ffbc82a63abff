"""What `hawknest certificate` says, in English and Japanese as in `messages`."""

from typing import Final

CERTIFICATE: Final[dict[str, tuple[str, str]]] = {
    "next-certificate": (
        "Certificates that every program trusts (Let's Encrypt), once those records are there:    hawknest certificate on --data {directory}",
        "どのソフトにも信頼される証明書 (Let's Encrypt)、上のレコードを登録した後に:    hawknest certificate on --data {directory}",
    ),
    "status-certificate": ("{subject}: {words}", "{subject}: {words}"),
    "doctor-authority": (
        "There is trouble with the certificate for {subject}. {words}",
        "{subject} の証明書に問題があります。{words}",
    ),
    "doctor-authority-do": ("{help}", "{help}"),
    "cert-off": (
        "No authority is asked for certificates; `hawknest certificate on` changes that.",
        "認証局への申請はオフです。`hawknest certificate on` でオンになります。",
    ),
    "cert-on": (
        "Certificates come from {ca}; its terms were agreed to on {at}.",
        "証明書は {ca} から取得します (利用規約に同意: {at})。",
    ),
    "cert-files": (
        "The certificate in hawknest.toml goes first, for: {names}   (until {until})",
        "hawknest.toml の証明書を優先して使います: {names}   ({until} まで)",
    ),
    "cert-self-signed": (
        "Clients are shown the self-signed certificate: programs will ask whether to trust it.",
        "自己署名証明書を使っています。メールソフトが信頼するか尋ねます。",
    ),
    "cert-one": ("{subject}   {state}", "{subject}   {state}"),
    "cert-good": ("good until {until}", "有効 ({until} まで)"),
    "cert-ending": ("ENDS on {until}", "まもなく期限切れ ({until})"),
    "cert-over": ("OVER since {until}", "期限切れ ({until})"),
    "cert-none": ("not there yet", "まだありません"),
    "cert-trial": (", for trial only: no program trusts it", "、テスト用: 信頼されません"),
    "cert-names": ("  names      {names}", "  名前       {names}"),
    "cert-next": ("  next       {at}", "  次の申請   {at}"),
    "cert-tlsa": ("  TLSA       {tlsa}", "  TLSA       {tlsa}"),
    "cert-next-tlsa": (
        "  next key   {tlsa}   (used from {at} on)",
        "  次の鍵     {tlsa}   ({at} から使用)",
    ),
    "cert-problem": ("  ! {words}", "  ! {words}"),
    "cert-help": ("    {words}", "    {words}"),
    "cert-detail": ("    It says: {words}", "    認証局の応答: {words}"),
    "cert-nothing-yet": (
        "Nothing was asked for so far; the running server does that within a minute.",
        "まだ何も申請していません。サーバーの稼働中、1 分以内に申請します。",
    ),
    "cert-terms": (
        "{ca} gives certificates to who agrees to its terms of service:\n  {terms}",
        "{ca} の証明書を使うには利用規約への同意が必要です:\n  {terms}",
    ),
    "cert-terms-none": (
        "{ca} names no terms of service.",
        "{ca} の利用規約はありません。",
    ),
    "cert-ask": ("Do you agree to them? [y/N] ", "同意しますか? [y/N] "),
    "cert-say-agree": (
        "nothing was changed; say --agree when you have read the terms and agree to them",
        "何も変更していません。利用規約を読んで同意する場合は --agree を付けてください",
    ),
    "cert-switched": (
        "Certificates are asked for from {ca}, now and whenever one needs renewal.",
        "{ca} に証明書を申請し、以後も自動で更新します。",
    ),
    "cert-switched-off": (
        "No authority is asked any more; certificates that are there are used until they end.",
        "認証局への申請をやめました。取得済みの証明書は期限まで使います。",
    ),
    "cert-hasten": ("Asked for anew.", "再申請しました。"),
    "cert-waiting": ("Waiting for the authority …", "認証局の応答を待っています …"),
    "cert-not-running": (
        "The server is not running: it is done when it starts.",
        "サーバーが動いていません。起動すると申請します。",
    ),
    "cert-still": (
        "It is still under way; `hawknest certificate show` tells what became of it.",
        "まだ処理中です。結果は `hawknest certificate show` で確認できます。",
    ),
    "cert-new-key": (
        "The next key of {subject} is made and will be used from {at} on. If you publish TLSA records, add this one now:\n  {tlsa}",
        "{subject} の次の鍵を作りました。{at} から使います。TLSA レコードを公開している場合は、これを今すぐ追加してください:\n  {tlsa}",
    ),
    "cert-no-key": (
        "there is no certificate of an authority yet whose key could be followed by another",
        "認証局の証明書がまだないため、次の鍵を用意できません",
    ),
}
