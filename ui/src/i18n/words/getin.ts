/* Ways out and ways in: detours by the smart host, sign-ins, and what mail programs may use to sign in. */
import type { Words } from "./index.ts";

export const getin = {
  "step.around blocked": [
    "{address}: the other side refuses this server's address, so it goes by the smart host",
    "相手がこのサーバーのアドレスを断っているため、{address} 宛てはスマートホスト経由にします",
  ],
  "step.around silent": [
    "{address}: the other side cannot be reached from here, so it goes by the smart host",
    "相手に接続できないため、{address} 宛てはスマートホスト経由にします",
  ],
  "step.around closed": [
    "{address}: no other server can be reached on port 25, so it goes by the smart host",
    "25 番ポートでどこにも接続できないため、{address} 宛てはスマートホスト経由にします",
  ],
  "by.notice": ["this server, with news", "サーバーからのお知らせ"],

  "limits.sending": ["When letters cannot go straight", "直接配送できないとき"],
  "limits.sending-lead": [
    "Some servers take nothing from the addresses of homes, and some providers shut the port for mail. Then a smart host helps: name one with failover = true in hawknest.toml.",
    "家庭用回線のアドレスからのメールを受け取らない相手や、メール用のポートを閉じている回線事業者があります。hawknest.toml に failover = true を付けたスマートホストを書いておくと、そのときだけ使います。",
  ],
  "policy.failover": [
    "Use the smart host where the straight way is barred",
    "直接届かない宛先だけスマートホストを使う",
  ],
  "why.failover": [
    "Only for destinations that refuse this server's address or cannot be reached, only for some days, and you are told by letter. A letter that is refused for what it is never takes another way.",
    "このサーバーのアドレスを断る宛先や、接続できない宛先に限り、数日間だけ使います。使い始めたらメールでお知らせします。内容を理由に断られたメールは、別の経路では送りません。",
  ],
  "policy.failover_days": ["Days until the straight way is tried again", "直接配送を再び試すまでの日数"],
  "why.failover_days": [
    "Then the next letter shows whether it is open again.",
    "その後の最初の 1 通で、直接届くようになったかを確かめます。",
  ],

  "signins.title": ["Sign-ins", "サインインの記録"],
  "signins.lead": [
    "Who got in to this account, and who tried. What was alike on one day is one line; it can be a few minutes old.",
    "このアカウントへのサインインと、失敗した試みの記録です。同じ日の同じものは 1 行にまとめます。反映に数分かかることがあります。",
  ],
  "signins.empty": ["Nobody has signed in yet", "サインインの記録はまだありません"],
  "signins.when": ["Last", "最終"],
  "signins.times": ["{n} times that day", "その日 {n} 回"],
  "signins.result": ["Result", "結果"],
  "signins.for": ["For", "用途"],
  "signins.from": ["From", "接続元"],
  "signins.here": ["this machine", "この機械"],
  "signins.app": ["app password “{label}”", "アプリパスワード「{label}」"],
  "signins.with.password": ["password", "パスワード"],
  "signins.with.link": ["sign-in link", "サインイン用リンク"],
  "signins.with.token": ["login service", "外部のログインサービス"],
  "signins.with.password, code": ["password and code", "パスワードと確認コード"],
  "signins.with.password, passkey": ["password and passkey", "パスワードとパスキー"],
  "signins.with.link, code": ["sign-in link and code", "サインイン用リンクと確認コード"],
  "signins.with.link, passkey": ["sign-in link and passkey", "サインイン用リンクとパスキー"],
  "signins.service.smtp": ["sending", "送信"],
  "signins.service.imap": ["IMAP", "IMAP"],
  "signins.service.pop3": ["POP3", "POP3"],
  "signins.service.web": ["web pages", "ウェブ画面"],
  "signins.why.in": ["signed in", "成功"],
  "signins.why.wrong": ["wrong password", "パスワード違い"],
  "signins.why.apps_only": ["an app password is needed", "アプリパスワードが必要"],
  "signins.why.inactive": ["account switched off", "アカウント停止中"],
  "signins.why.second": ["wrong code", "確認コード違い"],
  "signins.why.blocked": ["too many failures", "失敗が多すぎる"],

  "appsonly.title": ["Mail programs need app passwords", "メールソフトではアプリパスワードだけを使う"],
  "appsonly.help": [
    "Then the account's own password opens the web pages alone, with the second factor where there is one. Make an app password for each program first: those that use the own password are out at once.",
    "アカウントのパスワードはウェブ画面だけで使えるようになります (2 段階認証があれば両方必要です)。先にソフトごとにアプリパスワードを作ってください。アカウントのパスワードを使っているソフトは、すぐに使えなくなります。",
  ],

  "auth.sign-ins": ["Signing in", "サインイン"],
  "auth.sign-ins-lead": [
    "Each user sees who signed in to the own account; you see it on the user's page.",
    "利用者は自分のアカウントへのサインインを確認でき、管理者は各ユーザーの画面で確認できます。",
  ],
  "policy.app_passwords_only": [
    "Mail programs need app passwords",
    "メールソフトではアプリパスワードだけを使う",
  ],
  "why.app_passwords_only": [
    "A mail program cannot ask for a second factor, so an account's password there goes around it. An app password opens one program and is taken back alone.",
    "メールソフトは 2 段階認証に対応できないため、アカウントのパスワードを使うと素通りになります。アプリパスワードならソフトごとに分かれ、1 つだけ取り消せます。",
  ],
  "word.app_passwords_only.off": ["As each user likes", "利用者が選ぶ"],
  "word.app_passwords_only.off-help": [
    "Who wants it switches it on for the own account.",
    "必要な人が自分のアカウントで有効にします。",
  ],
  "word.app_passwords_only.with_second_factor": [
    "For all who have a second factor",
    "2 段階認証を使う人は必須",
  ],
  "word.app_passwords_only.with_second_factor-help": [
    "From the moment that they set it up.",
    "設定した時点から適用されます。",
  ],
  "word.app_passwords_only.always": ["For everybody", "全員必須"],
  "word.app_passwords_only.always-help": [
    "Programs that use an account's password are out at once.",
    "アカウントのパスワードを使っているソフトは、すぐに使えなくなります。",
  ],
  "policy.new_device_letters": ["Letters about new devices", "新しい端末をメールで知らせる"],
  "why.new_device_letters": [
    "Users get a letter when their account is used from a network, or in a way, that was not seen before.",
    "これまでにない場所や方法でアカウントが使われると、本人にメールで知らせます。",
  ],
  "policy.sign_in_days": ["Days that sign-ins are kept", "サインインの記録を残す日数"],
  "why.sign_in_days": [
    "For so long sign-ins can be looked up, and a place counts as known.",
    "この期間は記録を確認でき、同じ場所は既知として扱います。",
  ],
} satisfies Words;
