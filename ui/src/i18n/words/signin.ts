/* Signing in, and the first five minutes. */
import type { Words } from "./index.ts";

export const signin = {
  "signin.title": ["Sign in", "サインイン"],
  "signin.name": ["Address or user name", "メールアドレスまたはユーザー名"],
  "signin.password": ["Password", "パスワード"],
  "signin.go": ["Sign in", "サインイン"],
  "signin.wrong": ["The name or the password is wrong.", "ユーザー名またはパスワードが違います。"],
  "signin.lost": [
    "Forgotten? Whoever runs this server can give you a new password or a one-time link.",
    "パスワードをお忘れの場合は、このサーバーの管理者に新しいパスワードか一回限りのリンクを発行してもらってください。",
  ],
  "signin.second": ["One more step", "もう一段階の確認"],
  "signin.code": ["Code", "確認コード"],
  "signin.code-help": [
    "The six digits that your authenticator app shows now, or one of your recovery codes.",
    "認証アプリに表示されている 6 桁の数字、または控えておいた復旧コードを入力してください。",
  ],
  "signin.code-wrong": [
    "This code is not right, or its time is over.",
    "コードが違うか、有効期限が切れています。",
  ],
  "signin.code-go": ["Continue", "続ける"],
  "signin.passkey": ["Use a passkey", "パスキーを使う"],
  "signin.passkey-help": [
    "With your fingerprint, your face or the lock of this device.",
    "指紋や顔、またはこの端末の画面ロックで確認します。",
  ],
  "signin.passkey-failed": [
    "The passkey was not used. Try again, or use a code.",
    "パスキーを確認できませんでした。もう一度お試しになるか、コードをお使いください。",
  ],
  "signin.or": ["or", "または"],
  "signin.over": ["Start again", "最初からやり直す"],

  "welcome.opening": ["Opening your link", "リンクを確認しています"],
  "welcome.dead": ["This link is used up", "このリンクはもう使えません"],
  "welcome.dead-lead": [
    "A link opens once, and for a short time. A new one is made on the server with: hawknest link ADDRESS",
    "リンクは一度だけ、短い時間に限って有効です。新しいリンクはサーバー上で hawknest link アドレス と実行すると作れます。",
  ],
  "welcome.sign-in": ["Sign in with a password", "パスワードでサインイン"],
  "welcome.title": ["Welcome to Hawknest", "Hawknest へようこそ"],
  "welcome.lead": [
    "A few words, and your house has its own mail. Everything can be changed later.",
    "いくつか入力するだけで、ご自宅のメールサーバーが使えるようになります。どの項目も後から変更できます。",
  ],
  "welcome.language": ["Language", "言語"],
  "welcome.name": ["Your name", "お名前"],
  "welcome.name-help": [
    "Others see it beside your address, in letters that you send.",
    "送るメールで、アドレスの横に相手に表示されます。",
  ],
  "welcome.domain": ["Your domain", "ドメイン"],
  "welcome.domain-help": [
    "The part of your addresses after the @, such as example.org. You need to own it; to try things out, nest.test will do.",
    "メールアドレスの @ より後ろの部分です (例: example.org)。ご自身で取得したものが必要ですが、試すだけなら nest.test のままで構いません。",
  ],
  "welcome.address": ["Your address", "あなたのメールアドレス"],
  "welcome.address-help": [
    "The part before the @. Letters to this address come to you.",
    "@ より前の部分です。このアドレス宛てのメールがあなたに届きます。",
  ],
  "welcome.password-help": [
    "At least ten characters; a few words in a row are good and easy to remember. It opens these pages and your mail.",
    "10 文字以上にしてください。いくつかの単語を並べると、覚えやすく安全です。この画面とメールの両方で使います。",
  ],
  "welcome.start": ["Begin", "はじめる"],
} satisfies Words;
