/* What the owner can switch while the server runs: the names, and why one would. */
import type { Words } from "./index.ts";

export const policies = {
  "policy.message_size_limit": ["Largest letter", "メールの最大サイズ"],
  "why.message_size_limit": [
    "A larger letter is refused at once, in or out. Attachments grow by a third on their way: 50 MB carries about 36 MB of files. 0: no limit.",
    "これより大きいメールは送受信とも断ります。添付ファイルは送る途中で約 3 割大きくなるため、50 MB なら実際のファイルは 36 MB ほどです。0 で無制限。",
  ],
  "policy.recipients_limit": ["Recipients of one letter", "1 通あたりの宛先数"],
  "why.recipients_limit": [
    "Keeps a stolen password from reaching everybody with one letter.",
    "パスワードが盗まれたときに、1 通で大勢へばらまかれるのを防ぎます。",
  ],
  "policy.receive": ["Take letters in from others", "外部からのメールを受信する"],
  "why.receive": [
    "Off: other servers are told to try again later, which they do for some days. Nothing is lost in a short pause.",
    "オフにすると、ほかのサーバーに後で送り直すよう伝えます。数日間は再送されるので、短い休止ならメールは失われません。",
  ],
  "policy.send_to_internet": ["Send mail to the Internet", "インターネットへメールを送る"],
  "why.send_to_internet": [
    "Whether your users may write to addresses elsewhere (this was “Allow Relay”). Strangers never may, whatever stands here.",
    "ユーザーが外部のアドレスへ送れるようにします (以前の「Allow Relay」)。この設定にかかわらず、認証していない他人が中継に使うことはできません。",
  ],
  "policy.sender_policy": ["Only own sender addresses", "差出人を本人のアドレスに限る"],
  "why.sender_policy": [
    "Users send only as their own addresses and aliases, so that nobody can pose as somebody else here.",
    "ユーザーは自分のアドレスと別名だけを差出人にできます。ほかの人になりすますことを防ぎます。",
  ],
  "policy.pop_before_smtp": [
    "Reading opens sending (POP before SMTP)",
    "受信すると送信も許可 (POP before SMTP)",
  ],
  "why.pop_before_smtp": [
    "For very old programs: whoever just fetched letters may send from the same network address without signing in. Everybody behind that router shares it; better off.",
    "ごく古いソフト用です。メールを受信した直後、同じ接続元なら認証なしで送れます。同じルーターの内側の全員に及ぶため、通常はオフにしてください。",
  ],
  "policy.pop_before_smtp_minutes": ["Minutes that it stays open", "許可が続く時間 (分)"],
  "why.pop_before_smtp_minutes": [
    "After fetching letters by POP3. The shorter, the safer.",
    "POP3 で受信してからの時間です。短いほど安全です。",
  ],
  "policy.cram_md5": ["Old sign-in method CRAM-MD5", "古い認証方式 CRAM-MD5"],
  "why.cram_md5": [
    "For programs that know nothing newer. Passwords set while it is on are kept readable; better off.",
    "新しい方式に対応しないソフト用です。オンの間に設定したパスワードは復元できる形で保存されるため、通常はオフにしてください。",
  ],
  "policy.mend_newlines": ["Mend broken line ends", "壊れた改行を直す"],
  "why.mend_newlines": [
    "Some old programs end lines wrongly. Off, such letters are refused, which also stops a trick for smuggling letters in.",
    "古いソフトには改行が正しくないものがあります。オフなら受け取りを断り、偽メールを紛れ込ませる手口も防げます。",
  ],
  "policy.plus_separator": ["Detail in addresses", "アドレスの区切り文字"],
  "why.plus_separator": [
    "With +, letters to mia+shop@… come to mia@…, so that everybody has endless addresses. Empty: off.",
    "+ にすると mia+shop@… 宛ても mia@… に届き、用途別のアドレスを自由に使えます。空欄で無効。",
  ],
  "policy.clear_login": ["Passwords without encryption", "暗号化なしのパスワード"],
  "why.clear_login": [
    "Takes passwords from other machines without TLS. Anybody on the way can read them; better off.",
    "ほかの機器から暗号化なしで送られるパスワードを受け付けます。途中で盗み見られるため、通常はオフにしてください。",
  ],
  "policy.queue_days": ["Days until a letter is given up", "配送をあきらめるまでの日数"],
  "why.queue_days": [
    "A server that is down comes back within days; after this time the sender gets the letter back with the reason.",
    "相手のサーバーの不調は数日で直ることが多いものです。この日数を過ぎると、理由を添えて差出人に返します。",
  ],
  "policy.delay_warning_hours": [
    "Hours until the sender hears of a delay",
    "遅延を差出人に知らせるまでの時間",
  ],
  "why.delay_warning_hours": [
    "So that somebody in a hurry can telephone. 0: never.",
    "お急ぎの方が電話など別の手段を取れるようにするためです。0 で知らせません。",
  ],
  "policy.responder_days": ["Days between automatic replies", "自動応答の間隔 (日)"],
  "why.responder_days": [
    "The same sender gets one reply in this time, and two machines cannot write to each other for ever.",
    "同じ相手にはこの期間に 1 通だけ返信します。自動応答どうしが延々と返し合うのを防ぎます。",
  ],
  "policy.journey_days": ["Days that journeys are kept", "足どりを残す日数"],
  "why.journey_days": [
    "How long you can look up what became of a letter. The letters themselves are not touched by this.",
    "メールがどう処理されたかを調べられる期間です。メール本体には影響しません。",
  ],
  "policy.signup": ["Sign-up on the web", "Web からの登録"],
  "why.signup": [
    "Whether people with an invitation may make an account by themselves. Off, the page does not exist.",
    "招待された人が自分でアカウントを作れるようにします。オフの間、そのページは存在しません。",
  ],
  "policy.log_categories": ["Categories", "記録する種類"],
} satisfies Words;
