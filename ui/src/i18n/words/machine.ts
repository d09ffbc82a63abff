/* Settings of the machine that few people ever change, and what is said of them. */
import type { Words } from "./index.ts";

export const machine = {
  "options.reset": ["Back to the default", "初期値に戻す"],
  "general.resolver-self": [
    "{address} is this server's own address on the Internet, and no DNS server answers there for sure. With some providers it changes, too. Name your router's or your provider's.",
    "{address} はこのサーバー自身のアドレスです。DNS サーバーとして応答しないことがあり、契約によっては変わることもあります。ルーターまたはプロバイダーの DNS を指定してください。",
  ],
  "limits.patience": ["Patience", "待ち時間"],
  "limits.patience-lead": [
    "After so many seconds of silence a connection is closed, so that forgotten ones do not pile up.",
    "応答がないまま、この秒数が過ぎると接続を閉じます。放置された接続がたまるのを防ぎます。",
  ],
  "policy.outbound.address": ["Address that letters leave from", "送信元アドレス"],
  "why.outbound.address": [
    "For a machine with several addresses: the IP address that other servers are to see. Empty: the system chooses.",
    "複数のアドレスを持つ機械で、ほかのサーバーに見せる IP アドレスを指定します。空欄なら自動で選びます。",
  ],
  "policy.dns.trusted": ["DNS servers whose word is believed", "DNSSEC の検証結果を信じる DNS サーバー"],
  "why.dns.trusted": [
    "Those that check signatures (DNSSEC), on a way where nobody can come between, one address a line. On this machine itself they always are.",
    "署名 (DNSSEC) を検証し、途中で改ざんされるおそれのない DNS サーバーを 1 行に 1 つ入力します。この機械自身のものは常に信じます。",
  ],
  "policy.dns.timeout": ["Seconds to wait for a DNS server", "DNS サーバーを待つ秒数"],
  "why.dns.timeout": ["After them the next one is asked.", "過ぎると次の DNS サーバーに問い合わせます。"],
  "policy.limits.smtp_timeout": ["SMTP, seconds", "SMTP (秒)"],
  "why.limits.smtp_timeout": [
    "For servers and programs that hand in letters. The standard asks for at least 300.",
    "メールを送ってくるサーバーやソフトを待つ時間です。標準規格は 300 秒以上を求めています。",
  ],
  "policy.limits.pop3_timeout": ["POP3, seconds", "POP3 (秒)"],
  "why.limits.pop3_timeout": [
    "For programs that fetch letters. The standard asks for at least 600.",
    "メールを受信するソフトを待つ時間です。標準規格は 600 秒以上を求めています。",
  ],
  "policy.limits.imap_timeout": ["IMAP, seconds", "IMAP (秒)"],
  "why.limits.imap_timeout": [
    "For programs that are signed in and wait for new letters. The standard asks for at least 1800.",
    "サインインして新着を待つソフトを待つ時間です。標準規格は 1800 秒以上を求めています。",
  ],
  "policy.limits.finger_timeout": ["Finger, seconds", "Finger (秒)"],
  "why.limits.finger_timeout": [
    "A question is one line; nobody needs long for it.",
    "問い合わせは 1 行なので、短くて十分です。",
  ],
  "policy.limits.grace": ["Seconds to finish when the server stops", "停止時に処理の完了を待つ秒数"],
  "why.limits.grace": [
    "So long may conversations go on that were under way, so that no letter is sent twice.",
    "進行中のやり取りを終えるための時間です。同じメールが二重に送られるのを防ぎます。",
  ],
} satisfies Words;
