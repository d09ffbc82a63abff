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
  "policy.update_check": ["Look for new versions once a day", "1 日 1 回、新しいバージョンを確認する"],
  "why.update_check": [
    "The list is fetched from the address in hawknest.toml, and believed only with its signature.",
    "hawknest.toml に書かれたアドレスから一覧を取得し、署名が正しいときだけ表示します。",
  ],
  "policy.sign_up": ["Who may make an account by oneself?", "自分でアカウントを作れる人"],
  "why.sign_up": [
    "Off, the page does not exist. Names such as postmaster or admin are nobody's to take.",
    "オフの間、そのページは存在しません。postmaster や admin などの名前は誰も取得できません。",
  ],
  "word.sign_up.off": ["Nobody (recommended)", "誰も作れない (推奨)"],
  "word.sign_up.off-help": ["You add people yourself.", "管理者が追加します。"],
  "word.sign_up.invited": ["Who has an invitation", "招待された人"],
  "word.sign_up.invited-help": [
    "You hand out links, each good for a few days.",
    "数日間有効なリンクを渡します。",
  ],
  "word.sign_up.approved": ["Anybody may ask", "誰でも申し込める"],
  "word.sign_up.approved-help": [
    "An account is made when you say yes.",
    "管理者が承認するとアカウントが作られます。",
  ],
  "policy.hostname": ["Full name", "正式な名前"],
  "why.hostname": ["Such as mail.example.org.", "例: mail.example.org"],
  "policy.web.hosts": ["Further names of these pages", "この画面を開ける別の名前"],
  "why.web.hosts": [
    "The pages answer by the names of your domains only, so that no strange site can reach them through your browser. One name a line.",
    "この画面はお使いのドメインの名前でだけ開きます。ほかのサイトがブラウザー経由で操作するのを防ぐためです。追加する名前を 1 行に 1 つ入力してください。",
  ],
  "policy.dns.resolvers": ["DNS servers", "DNS サーバー"],
  "why.dns.resolvers": [
    "Addresses of resolvers, one a line: your router's, or your provider's. The next is asked when one is silent. Empty: those of this machine.",
    "DNS サーバーのアドレスを 1 行に 1 つ入力します。ルーターまたはプロバイダーのものです。応答がなければ次に問い合わせます。空欄ならこの機械の設定に従います。",
  ],
  "policy.log.level": ["How much", "詳しさ"],
  "why.log.level": [
    "Normal is right for every day. Details are for hunting a fault.",
    "普段は「通常」で十分です。「詳細」は不具合を調べるときにお使いください。",
  ],
  "word.log.level.debug": ["Details", "詳細"],
  "word.log.level.info": ["Normal", "通常"],
  "word.log.level.warning": ["Warnings", "警告"],
  "word.log.level.error": ["Errors", "エラー"],
  "policy.log.conversations": ["Conversations too", "会話も記録する"],
  "why.log.conversations": [
    "Every line that servers and programs say to each other. Good for finding faults; it takes more disk.",
    "サーバーやソフトとのやり取りを 1 行ずつ残します。不具合の調査に役立ちますが、ディスクを多く使います。",
  ],
  "policy.log.days": ["Days that files are kept", "保存する日数"],
  "why.log.days": [
    "One file a day; older ones are removed.",
    "ファイルは 1 日に 1 つ作られ、古いものは削除されます。",
  ],
  "policy.log.megabytes": ["Disk at the most, in MB", "使用するディスクの上限 (MB)"],
  "why.log.megabytes": [
    "When it is used up, the oldest files go first.",
    "上限に達すると古いファイルから削除されます。",
  ],
  "policy.log.categories.smtp": ["SMTP", "SMTP"],
  "why.log.categories.smtp": [
    "Letters coming in from servers and mail programs.",
    "サーバーやメールソフトから届くメール。",
  ],
  "policy.log.categories.pop3": ["POP3", "POP3"],
  "why.log.categories.pop3": ["Letters being fetched.", "メールの受信。"],
  "policy.log.categories.imap": ["IMAP", "IMAP"],
  "why.log.categories.imap": ["Letters being read.", "メールの閲覧。"],
  "policy.log.categories.web": ["Web", "Web"],
  "why.log.categories.web": ["These pages and the API.", "この管理画面と API。"],
  "policy.log.categories.finger": ["Finger", "Finger"],
  "why.log.categories.finger": ["Who asks for public texts.", "公開情報の問い合わせ。"],
  "policy.log.categories.auth": ["Sign-ins", "認証"],
  "why.log.categories.auth": ["Who signed in, and who failed to.", "認証の成功と失敗。"],
  "policy.log.categories.delivery": ["Delivery", "配送"],
  "why.log.categories.delivery": [
    "Every letter filed, sent on, delayed or returned.",
    "保存・送信・遅延・差し戻しのすべて。",
  ],
  "policy.log.categories.system": ["System", "システム"],
  "why.log.categories.system": ["Start, stop, and what went wrong inside.", "起動・停止・内部の不具合。"],
  "policy.limits.connections": ["Connections at once", "同時接続数"],
  "why.limits.connections": [
    "So that no crowd takes the machine's memory. 0: any number.",
    "接続の殺到でメモリーを使い切るのを防ぎます。0 で無制限。",
  ],
  "policy.limits.connections_per_peer": ["Of these, from one address", "1 つの接続元からの同時接続数"],
  "why.limits.connections_per_peer": [
    "So that one guest does not take all places. 0: any number.",
    "1 か所に占有されるのを防ぎます。0 で無制限。",
  ],
  "policy.limits.connect_timeout": ["Seconds to wait for other servers", "相手サーバーを待つ秒数"],
  "why.limits.connect_timeout": [
    "After them the next server is tried, and the letter later again.",
    "過ぎると次のサーバーを試し、後で再び送ります。",
  ],
} satisfies Words;
