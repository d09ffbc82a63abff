/* People who come by themselves: who may, who waits, and what an invitation is good for. */
import type { Words } from "./index.ts";

export const joining = {
  "join.link": ["No account yet? Ask for one", "アカウントをお持ちでない方は、こちらから申し込めます"],
  "join.closed": ["No account is to be had here", "ここではアカウントを作れません"],
  "join.closed-lead": [
    "Whoever runs this server gives out accounts personally. With an invitation, open its whole link.",
    "アカウントは管理者が直接お渡ししています。招待を受け取った方は、リンク全体を開いてください。",
  ],
  "join.no-secret": ["Here one needs an invitation", "アカウントを作るには招待が必要です"],
  "join.no-secret-lead": [
    "Open the whole link that you were sent: the part after # belongs to it.",
    "届いたリンク全体を開いてください。# より後ろの部分も必要です。",
  ],
  "invite.off": ["Nobody can make an account by oneself yet.", "今は誰も自分でアカウントを作れません。"],
  "invite.off-lead": [
    "Invitations work once this is allowed in the options.",
    "設定で許可すると、招待を作れるようになります。",
  ],
  "invite.off-go": ["Choose who may", "作れる人を選ぶ"],
  "invite.open-page": [
    "Anybody may ask for an account on this page:",
    "アカウントはこのページから誰でも申し込めます:",
  ],
  "invite.page": ["page", "ページのアドレス"],
  "invite.days": ["Good for, in days", "有効な日数"],
  "invite.days-help": [
    "After that the link opens nothing. The shorter, the safer.",
    "過ぎるとリンクは使えなくなります。短いほど安全です。",
  ],
  "invite.accounts": ["Accounts", "作れる人数"],
  "invite.accounts-help": [
    "More than one for a group that gets the same link.",
    "同じリンクを何人かに渡すときは、その人数を入力します。",
  ],
  "invite.good-for": [
    "{n|It is good for one account|It is good for # accounts}, until {day}.",
    "{n} 人まで使えます。期限: {day}",
  ],
  "invite.qr": ["The link as a QR code", "リンクの QR コード"],
  "invite.remove-title": ["Take this invitation back?", "この招待を取り消しますか?"],
  "invite.remove-words": [
    "Its link opens nothing from then on. Accounts that were made with it stay.",
    "リンクは使えなくなります。すでに作られたアカウントは残ります。",
  ],
  "apply.refuse-title": ["Say no to {address}?", "{address} の申し込みを断りますか?"],
  "apply.refuse-words": [
    "The request is forgotten, and nobody is told. Whoever it is may ask again.",
    "申し込みは削除されます。本人には通知されず、もう一度申し込むことはできます。",
  ],
  "apply.from": ["From", "接続元"],
  "apply.waiting": [
    "{n|One person waits|# people wait} for an account",
    "アカウントの申し込みが {n} 件あります",
  ],
  "apply.taken-help": [
    "Somebody has this name by now: it can only be refused.",
    "このアドレスはすでに使われているため、承認できません。",
  ],
} satisfies Words;
