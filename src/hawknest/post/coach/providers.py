"""Smart hosts that owners are likely to have: where they are, how one logs in, and what to know; English and Japanese.

Only what the providers' own documentation, Thunderbird's list of providers, or several independent users of it say is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["en", "ja"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider; `{…}` in a host is filled in by the owner."""

    id: str
    name: str
    host: str
    port: int
    tls: Literal["implicit", "starttls"]
    user: tuple[str, str]  # what the name to log in with is, by language
    notes: tuple[str, str]
    relay: bool  # made for letters of one's own domain; else a mailbox of the provider's
    japanese: bool = False
    spf: str = ""  # the term that lets it send for a domain

    def plain(self, language: Language) -> Mapping[str, object]:
        """The provider as plain data."""
        at = 1 if language == "ja" else 0
        return {
            "id": self.id,
            "name": self.name,
            "host": self.host,
            "port": self.port,
            "tls": self.tls,
            "user": self.user[at],
            "notes": self.notes[at],
            "relay": self.relay,
            "spf": self.spf,
        }


_ADDRESS: Final = ("the full e-mail address", "メールアドレス全体")
_MAILBOX: Final = (
    "A mailbox, not a relay: letters in the name of your own domain may be refused or get another sender. Ask the provider.",
    "本来は個人用のメールボックスです。独自ドメインの差出人では拒否されたり、差出人が書き換えられたりすることがあります。",
)

PROVIDERS: Final[tuple[Provider, ...]] = (
    Provider(
        id="workspace-relay",
        name="Google Workspace (SMTP relay)",
        host="smtp-relay.gmail.com",
        port=587,
        tls="starttls",
        user=("the full address of a Workspace user", "Workspace ユーザーのメールアドレス全体"),
        notes=(
            "Switch on the SMTP relay service in the Admin console, and log in with an app password.",
            "管理コンソールで SMTP リレーサービスを有効にし、アプリ パスワードでログインします。",
        ),
        relay=True,
        spf="include:_spf.google.com",
    ),
    Provider(
        id="gmail",
        name="Gmail",
        host="smtp.gmail.com",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=(
            "Needs an app password (with two-step verification). Gmail writes its own address into From, unless yours is an alias there.",
            "2 段階認証とアプリ パスワードが必要です。エイリアスに登録していない差出人は Gmail のアドレスに書き換えられます。",
        ),
        relay=False,
        spf="include:_spf.google.com",
    ),
    Provider(
        id="microsoft-365",
        name="Microsoft 365",
        host="smtp.office365.com",
        port=587,
        tls="starttls",
        user=_ADDRESS,
        notes=(
            "SMTP AUTH with a password must be allowed for the mailbox. Microsoft is ending it in favour of OAuth, which Hawknest does not speak as a client.",
            "メールボックスでパスワードによる SMTP AUTH の許可が必要です。Microsoft は OAuth へ移行中で、Hawknest は送信側の OAuth に対応していません。",
        ),
        relay=False,
        spf="include:spf.protection.outlook.com",
    ),
    Provider(
        id="ses",
        name="Amazon SES",
        host="email-smtp.{region}.amazonaws.com",
        port=587,
        tls="starttls",
        user=("the SMTP user name made in SES", "SES で作成した SMTP ユーザー名"),
        notes=(
            "The region is such as ap-northeast-1 (Tokyo). Verify the domain; a new account may only write to verified addresses until it is let out of the sandbox.",
            "リージョンは ap-northeast-1 (東京) などです。ドメインの検証が必要です。サンドボックス解除まで、検証済みの宛先にしか送れません。",
        ),
        relay=True,
        spf="include:amazonses.com",
    ),
    Provider(
        id="mailgun",
        name="Mailgun",
        host="smtp.mailgun.org",
        port=587,
        tls="starttls",
        user=(
            "the SMTP login of the domain, such as postmaster@DOMAIN",
            "ドメインの SMTP ログイン名 (postmaster@ドメイン など)",
        ),
        notes=(
            "In the EU region the host is smtp.eu.mailgun.org.",
            "EU リージョンのホストは smtp.eu.mailgun.org です。",
        ),
        relay=True,
        spf="include:mailgun.org",
    ),
    Provider(
        id="sendgrid",
        name="SendGrid",
        host="smtp.sendgrid.net",
        port=587,
        tls="starttls",
        user=("the word apikey", "apikey という文字列"),
        notes=(
            "The password is an API key that may send.",
            "パスワードには、送信権限のある API キーを使います。",
        ),
        relay=True,
        spf="include:sendgrid.net",
    ),
    Provider(
        id="postmark",
        name="Postmark",
        host="smtp.postmarkapp.com",
        port=587,
        tls="starttls",
        user=("the server API token", "サーバー API トークン"),
        notes=(
            "The same token is user name and password. The sender's domain has to be verified.",
            "ユーザー名とパスワードに同じトークンを使います。差出人ドメインの検証が必要です。",
        ),
        relay=True,
    ),
    Provider(
        id="brevo",
        name="Brevo",
        host="smtp-relay.brevo.com",
        port=587,
        tls="starttls",
        user=("the SMTP login shown in the account", "アカウント画面の SMTP ログイン名"),
        notes=(
            "The password is an SMTP key, not the account's.",
            "パスワードには、アカウントのものではなく SMTP キーを使います。",
        ),
        relay=True,
    ),
    Provider(
        id="mailjet",
        name="Mailjet",
        host="in-v3.mailjet.com",
        port=587,
        tls="starttls",
        user=("the API key", "API キー"),
        notes=("The password is the secret key.", "パスワードにはシークレットキーを使います。"),
        relay=True,
        spf="include:spf.mailjet.com",
    ),
    Provider(
        id="smtp2go",
        name="SMTP2GO",
        host="mail.smtp2go.com",
        port=587,
        tls="starttls",
        user=("an SMTP user made in the account", "アカウントで作成した SMTP ユーザー"),
        notes=("Port 2525 works where 587 is blocked.", "587 番が使えない場合は 2525 番も利用できます。"),
        relay=True,
    ),
    Provider(
        id="fastmail",
        name="Fastmail",
        host="smtp.fastmail.com",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=(
            "Needs an app password. The domain has to be one of the account's.",
            "アプリパスワードが必要です。ドメインを Fastmail のアカウントに登録しておきます。",
        ),
        relay=False,
        spf="include:spf.messagingengine.com",
    ),
    Provider(
        id="sakura",
        name="さくらのメールボックス / レンタルサーバ",
        host="{initial-domain}.sakura.ne.jp",
        port=587,
        tls="starttls",
        user=_ADDRESS,
        notes=(
            "The host is the account's initial domain, shown in the control panel. The sender should be an address made there.",
            "ホストは契約の初期ドメインです (コントロールパネルに表示)。差出人は同じ契約で作成したアドレスにしてください。",
        ),
        relay=False,
        japanese=True,
        spf="include:_spf.sakura.ne.jp",
    ),
    Provider(
        id="xserver",
        name="エックスサーバー (Xserver)",
        host="sv{number}.xserver.jp",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=(
            "The number of the host stands in the server panel. Logging in from outside Japan is off at first.",
            "ホストの番号はサーバーパネルの「サーバー情報」にあります。国外からの SMTP 認証は初期設定で制限されています。",
        ),
        relay=False,
        japanese=True,
    ),
    Provider(
        id="ocn",
        name="OCN",
        host="smtp.ocn.ne.jp",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="plala",
        name="ぷらら (Plala)",
        host="secure.plala.or.jp",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="biglobe",
        name="BIGLOBE",
        host="mail.biglobe.ne.jp",
        port=465,
        tls="implicit",
        user=_ADDRESS,
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="nifty",
        name="@nifty",
        host="smtp.nifty.com",
        port=465,
        tls="implicit",
        user=("the @nifty user name (the part before @)", "@nifty ユーザー名 (@ より前)"),
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="yahoo-japan",
        name="Yahoo! JAPAN",
        host="smtp.mail.yahoo.co.jp",
        port=465,
        tls="implicit",
        user=("the Yahoo! JAPAN ID (the part before @)", "Yahoo! JAPAN ID (@ より前)"),
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="iijmio",
        name="IIJmio",
        host="mbox.iijmio-mail.jp",
        port=587,
        tls="starttls",
        user=("the address with a dot in place of the @", "@ をドットに置き換えたメールアドレス"),
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
    Provider(
        id="iij4u",
        name="IIJ4U",
        host="mbox.iij4u.or.jp",
        port=587,
        tls="starttls",
        user=("the address with a dot in place of the @", "@ をドットに置き換えたメールアドレス"),
        notes=_MAILBOX,
        relay=False,
        japanese=True,
    ),
)


def of_host(host: str) -> Provider | None:
    """Find the provider that a smart host is of."""
    name = host.lower().rstrip(".")
    for one in PROVIDERS:
        before, brace, rest = one.host.partition("{")
        after = rest.partition("}")[2]
        if name == one.host or (brace and name.startswith(before) and name.endswith(after) and after):
            return one
    return None


def listed(language: Language) -> list[Mapping[str, object]]:
    """All providers as plain data; for a Japanese reader the Japanese ones stand first."""
    order = sorted(PROVIDERS, key=lambda one: not one.japanese) if language == "ja" else PROVIDERS
    return [one.plain(language) for one in order]
