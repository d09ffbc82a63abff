/* The keys that letters are signed with, and what journeys tell of signatures. */
import type { Words } from "./index.ts";

export const keys = {
  "keys.title": ["Keys that letters are signed with (DKIM)", "メールに署名する鍵 (DKIM)"],
  "keys.lead": [
    "Enter each record where the domain is managed. A key is used by itself as soon as the DNS has it; until then letters leave without a signature.",
    "各レコードをドメインの管理画面で登録してください。DNS に現れた鍵から自動で使い始めます。それまでメールは署名なしで出ます。",
  ],
  "keys.look": ["Look again", "もう一度確認"],
  "keys.looked": ["The DNS was asked", "DNS に問い合わせました"],
  "keys.rotate": ["Make new keys", "新しい鍵を作る"],
  "keys.rotated": [
    "New keys are made; they take over when the DNS has them",
    "新しい鍵を作りました。DNS に現れると切り替わります",
  ],
  "keys.new": ["to be entered", "登録待ち"],
  "keys.waits": ["It signs as soon as the DNS has this record.", "レコードが DNS に現れると使い始めます。"],
  "keys.missing": ["Not in the DNS yet ({when})", "まだ DNS にありません ({when})"],
  "keys.active": ["in use", "使用中"],
  "keys.since": ["It signs since {when}.", "{when} から署名に使用中。"],
  "keys.gone": ["gone from the DNS", "DNS にない"],
  "keys.enter-again": [
    "Enter this record again, or receivers do not believe the signature.",
    "このレコードを登録し直してください。受信側が署名を信用しません。",
  ],
  "keys.retiring": ["no longer used", "使用終了"],
  "keys.leave": [
    "Leave its record until {when}: letters that it signed are still on their way.",
    "署名したメールがまだ配送中のため、{when} までレコードを残してください。",
  ],
  "step.signed": ["signed by {by}", "{by} の署名付き"],
  "step.rewritten": [
    "left with From at {domain}: its author's domain would have had it refused",
    "From を {domain} のアドレスにして送信 (差出人のドメインの方針で拒否されるため)",
  ],
  "unsigned.no author": [
    "not signed: From does not name one author's domain",
    "署名なし: From から差出人のドメインを 1 つに決められません",
  ],
  "unsigned.elsewhere": [
    "not signed: the author's domain is not one of this server",
    "署名なし: 差出人のドメインはこのサーバーのものではありません",
  ],
  "unsigned.not allowed": [
    "not signed: who sent it may not write as the author in From",
    "署名なし: 送信者には From のアドレスを名乗る権限がありません",
  ],
  "unsigned.no key": ["not signed: the domain has no key yet", "署名なし: ドメインの鍵がまだありません"],
  "unsigned.not published": [
    "not signed: the key is not in the DNS yet",
    "署名なし: 鍵がまだ DNS にありません",
  ],
  "unsigned.locked": [
    "not signed: the key cannot be opened with this machine's vault.key",
    "署名なし: このマシンの vault.key では鍵を開けません",
  ],
  "unsigned.header": ["not signed: its header is too long", "署名なし: ヘッダーが長すぎます"],
  "policy.dkim_rotation_days": ["Days until new signing keys", "署名の鍵を作り替えるまでの日数"],
  "why.dkim_rotation_days": [
    "After this time each domain gets new keys to enter in the DNS; the present ones sign until they are there. 0: never.",
    "この日数ごとに DNS へ登録する新しい鍵を作ります。登録されるまでは今の鍵を使い続けます。0 で作り替えません。",
  ],
  "policy.forward_from_rewrite": ["Sender's name on forwarded letters", "転送メールの差出人"],
  "why.forward_from_rewrite": [
    "Some senders ask others to refuse their letters when they come by way of somebody else. Such a forward can leave in the name of the forwarding address.",
    "他者を経由したメールを拒否するよう求めている送信元があります。そうした転送メールを、転送元のアドレスの名前で送れます。",
  ],
  "word.forward_from_rewrite.off": ["As it came", "届いたまま"],
  "word.forward_from_rewrite.off-help": [
    "Nothing of the letter is changed. Some forwards may be refused.",
    "メールは変更しません。転送先で拒否される場合があります。",
  ],
  "word.forward_from_rewrite.dmarc": ["Rewritten where it would be refused", "拒否される場合だけ書き換える"],
  "word.forward_from_rewrite.dmarc-help": [
    "Shows as “Name via your-domain”; answers still go to the author.",
    "「名前 via 自分のドメイン」と表示されます。返信は元の差出人に届きます。",
  ],
} satisfies Words;
