/* Help: what an owner asks, and where the answer is done. */
import type { Words } from "./index.ts";

export const help = {
  "place.help": ["Help", "ヘルプ"],
  "help.title": ["Help", "ヘルプ"],
  "help.lead": [
    "Every field on these pages says why it is there. Here is what people ask first.",
    "どの項目にも説明を付けています。ここでは、よくある質問にお答えします。",
  ],
  "help.in": ["Letters do not come in", "メールが届かない"],
  "help.in-words": [
    "Letters find you by your domain: its MX record names this server, and the router lets port 25 through. The check of your domain says what is missing. If a letter did reach the server, its journey tells what became of it.",
    "メールはドメインを頼りに届きます。MX レコードがこのサーバーを示し、ルーターがポート 25 を通している必要があります。ドメインの確認で足りないものがわかります。サーバーまで届いたメールなら、足どりでその後がわかります。",
  ],
  "help.out": ["Letters do not go out", "メールが送られない"],
  "help.out-words": [
    "Look into the queue: it shows what the other server said. Many providers close port 25 for homes; then a [[route]] in hawknest.toml hands letters to the provider's server.",
    "配送待ちをご覧ください。相手サーバーの返事が表示されます。家庭用回線ではポート 25 が塞がれていることが多く、その場合は hawknest.toml の [[route]] でプロバイダーのサーバーに渡します。",
  ],
  "help.phone": ["A phone or mail program shall read mail", "スマートフォンやメールソフトで読みたい"],
  "help.phone-words": [
    "“Set up mail” has exact values, a code to scan and a profile for Apple devices. Give each device an app password: a lost phone is then locked out alone.",
    "「メールソフトの設定」に、設定値・読み取り用コード・Apple 用プロファイルがあります。端末ごとにアプリパスワードを作っておくと、失くしたときその端末だけを止められます。",
  ],
  "help.printer": ["A printer shall send", "プリンターから送りたい"],
  "help.printer-words": [
    "Make it a device with a password of its own. Only what cannot sign in at all needs an exempt address; give that an end.",
    "機器として登録し、専用のパスワードを使ってください。認証がまったくできないものだけ、期限を付けて免除アドレスにします。",
  ],
  "help.password": ["Somebody has forgotten a password", "パスワードを忘れた人がいる"],
  "help.password-words": [
    "Give a new one at the user's page, or make a one-time link on the server: hawknest link ADDRESS",
    "ユーザーのページで新しいパスワードを設定するか、サーバー上で hawknest link アドレス を実行して一回限りのリンクを作ってください。",
  ],
  "help.stranger": ["Can strangers send through this server?", "他人に中継されませんか?"],
  "help.stranger-words": [
    "No, under no combination of switches. “How may this client send?” answers for any address and user, and says why.",
    "いいえ。どの設定の組み合わせでも中継されません。「この端末からは送れますか?」で、アドレスとユーザーごとに理由付きで確かめられます。",
  ],
  "help.words": ["A few words", "用語"],
  "help.smtp": [
    "how letters travel: between servers, and from a mail program to its server.",
    "メールを運ぶ方式です。サーバー同士、およびメールソフトからサーバーへ送るときに使います。",
  ],
  "help.imap": [
    "how mail programs read letters that stay on the server.",
    "サーバーに置いたままメールを読む方式です。",
  ],
  "help.pop3": ["how mail programs fetch letters to one machine.", "メールを 1 台の機械に取り込む方式です。"],
  "help.tls": [
    "encryption, so that nobody on the way can read along.",
    "途中で盗み見られないようにする暗号化です。",
  ],
  "help.mx": [
    "the DNS record that says which server takes the letters of a domain.",
    "ドメイン宛てのメールを受け取るサーバーを示す DNS レコードです。",
  ],
  "help.alias": [
    "an address without a mailbox that leads to others.",
    "メールボックスを持たず、ほかのアドレスに届くアドレスです。",
  ],
  "help.more": [
    "Everything at the command line: hawknest --help",
    "すべての機能はコマンドからも使えます: hawknest --help",
  ],
} satisfies Words;
