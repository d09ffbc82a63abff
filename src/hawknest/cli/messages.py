"""The message table: a key, English, Japanese. Both have the same places to fill in, which a test compares."""

from typing import Final

from hawknest.cli.messages_carry import CARRY
from hawknest.cli.messages_certificate import CERTIFICATE
from hawknest.cli.messages_checks import CHECKS
from hawknest.cli.messages_coach import COACH
from hawknest.cli.messages_doctor import DOCTOR
from hawknest.cli.messages_getin import GETIN
from hawknest.cli.messages_invite import INVITE
from hawknest.cli.messages_keys import KEYS
from hawknest.cli.messages_letter import LETTER
from hawknest.cli.messages_publish import PUBLISH
from hawknest.cli.messages_report import REPORT
from hawknest.cli.messages_transport import TRANSPORT
from hawknest.cli.messages_web import WEB
from hawknest.post.selftest.words import SELFTEST

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    # log changes
    "changes-none": ("nothing was changed yet", "変更の記録はまだありません"),
    # update
    "update-off": (
        "looking for new versions is off; `hawknest config set update_check on` switches it on",
        "新しいバージョンの確認はオフです。`hawknest config set update_check on` で使えるようになります",
    ),
    "update-none": ("this is the newest version, {version}", "最新バージョンです ({version})"),
    "update-newer": (
        "there is a new version, {version}; this is {current}",
        "新しいバージョン {version} があります (現在は {current})",
    ),
    "update-at": ("looked at {at}", "確認日時 {at}"),
    # index, restored
    "index-status": (
        "{read} of {letters} letters were read",
        "{letters} 通のうち {read} 通を読み込み済みです",
    ),
    "index-going": ("{done} of {count} letters were read", "{count} 通のうち {done} 通を読み込みました"),
    "index-done": ("{count} letters were read again", "{count} 通を読み直しました"),
    "index-begun": (
        "the server reads {count} letters again; `hawknest index status` tells how far it is",
        "サーバーが {count} 通を読み直しています。進み具合は `hawknest index status` で分かります",
    ),
    "restored": (
        "the numbers of letters leap over those that may have been given, in {count} mailboxes",
        "{count} 個のメールボックスで、すでに使われた可能性のある番号を飛ばしました",
    ),
    # init
    "made": ("A new nest is ready in {directory}.", "新しいネストを {directory} に作りました。"),
    "admin": ("Administrator: {address}", "管理者: {address}"),
    "password-once": (
        "Password: {password}   (shown this once; it is not kept in readable form)",
        "パスワード: {password}   (表示はこの一度だけです。読める形では保存されません)",
    ),
    "next-start": (
        "Start it:    hawknest serve --data {directory}",
        "起動:        hawknest serve --data {directory}",
    ),
    "next-service": (
        "Or let the system start it, now and after every boot:    hawknest service install --data {directory}",
        "システムに起動させる場合 (今すぐ、再起動の後も):    hawknest service install --data {directory}",
    ),
    "next-user": (
        "More users:  hawknest user add NAME@{domain} --data {directory}",
        "ユーザー追加: hawknest user add NAME@{domain} --data {directory}",
    ),
    "client": ("Settings for mail programs:", "メールソフトの設定:"),
    "client-login": ("  user name  {address}", "  ユーザー名  {address}"),
    "client-imap": (
        "  reading    {host}, port {port}, {how} (IMAP: letters stay on the server)",
        "  受信        {host}、ポート {port}、{how} (IMAP、メールはサーバーに残ります)",
    ),
    "client-pop3": (
        "  or         {host}, port {port}, {how} (POP3: letters are fetched)",
        "  または      {host}、ポート {port}、{how} (POP3、メールを取り込みます)",
    ),
    "client-send": (
        "  sending    {host}, port {port}, {how}, with the same name and password",
        "  送信        {host}、ポート {port}、{how}、同じユーザー名とパスワード",
    ),
    "how-implicit": ("SSL/TLS", "SSL/TLS"),
    "how-starttls": ("STARTTLS", "STARTTLS"),
    "how-none": ("no encryption", "暗号化なし"),
    "self-signed": (
        "The certificate is self-signed at first: mail programs will ask once whether to trust it.",
        "証明書は最初は自己署名です。メールソフトが一度だけ信頼するか尋ねます。",
    ),
    "dns": (
        "For letters from the Internet, enter these records where {domain} is managed:",
        "インターネットからメールを受け取るには、{domain} の DNS に次のレコードを登録します:",
    ),
    "dns-mx": (
        "  {domain}.  MX   10 {host}.      where letters to {domain} are brought",
        "  {domain}.  MX   10 {host}.      {domain} 宛てのメールの届け先",
    ),
    "dns-a": (
        "  {host}.  A    (the public IPv4 address of this machine; AAAA for its IPv6 address)",
        "  {host}.  A    (このマシンのグローバル IPv4 アドレス。IPv6 は AAAA)",
    ),
    "dns-spf": (
        '  {domain}.  TXT  "v=spf1 mx -all"      only this server sends as {domain}',
        '  {domain}.  TXT  "v=spf1 mx -all"      {domain} の差出人で送るのはこのサーバーだけ',
    ),
    "dns-ptr": (
        "  The PTR record of that address, which your provider sets, must say {host}.",
        "  そのアドレスの PTR (逆引き) は {host} でなければなりません。プロバイダーが設定します。",
    ),
    "dns-all": (
        "  All records, with the keys that letters are signed with: hawknest domain records {domain}",
        "  署名の鍵を含む全レコード: hawknest domain records {domain}",
    ),
    "nobody-there": (
        "note: there is no {address} yet; until somebody has that address, letters that lead there are refused",
        "注意: {address} はまだありません。作るまで、そこへ向かうメールは受け取りを断ります",
    ),
    # status
    "state-running": ("running", "動作中"),
    "state-stopped": ("stopped", "停止中"),
    "state-stopping": ("stopping", "停止処理中"),
    "status-state": ("Server       {state}", "サーバー      {state}"),
    "status-delivery-on": ("Delivery     on", "配送          オン"),
    "status-delivery-off": (
        "Delivery     off: letters are accepted and wait (hawknest resume)",
        "配送          オフ: メールは受け付けて待たせます (hawknest resume で再開)",
    ),
    "status-receiving-off": (
        "Receiving    off: others are told to try again later (hawknest resume --receiving)",
        "受信          オフ: 相手には後で再送するよう伝えます (hawknest resume --receiving で再開)",
    ),
    "status-connections": ("Connections  {count}", "接続          {count}"),
    "status-pending": ("Pending      {count}", "配送待ち      {count}"),
    "status-delivering": ("Delivering   {count}", "配送中        {count}"),
    "status-exempt": (
        "Exempt       {addresses}: everybody there may send to anywhere without logging in",
        "認証免除      {addresses}: ここからは認証なしでどこへでも送れます",
    ),
    "status-exempt-until": (
        "Exempt       {addresses}: everybody there may send to anywhere without logging in, until {at}",
        "認証免除      {addresses}: ここからは {at} まで認証なしでどこへでも送れます",
    ),
    "status-held": ("Held back    {count}", "保留中        {count}"),
    "status-version": ("Version      {version}", "バージョン    {version}"),
    "status-uptime": ("Running for  {span}", "稼働時間      {span}"),
    "status-workers": ("Workers      {count}", "ワーカー      {count}"),
    "status-listeners": ("Listening on", "待ち受け"),
    "queue-held": ("held", "保留中"),
    "queue-returned": ("to be returned", "差出人に返送予定"),
    "queue-delivering": ("being delivered", "配送中"),
    "queue-due": ("due", "まもなく配送"),
    "queue-later": ("in {span}", "あと {span}"),
    "span-days": ("{count} days", "{count} 日"),
    "span-hours": ("{count} hours", "{count} 時間"),
    "span-minutes": ("{count} minutes", "{count} 分"),
    "span-seconds": ("{count} seconds", "{count} 秒"),
    "not-running": ("the server is not running", "サーバーは動いていません"),
    "status-profile": (
        "Profile      {profile}, as ArGoSoft Mail Server was (hawknest config profile recommended ends it)",
        "プロファイル  {profile}: ArGoSoft Mail Server 互換 (hawknest config profile recommended で戻します)",
    ),
    "status-warning": ("Warning      {words}", "警告          {words}"),
    "status-router": (
        "the router {router} lies in a range of exempt addresses; it is not exempt, outsiders may seem to come from it",
        "ルーター {router} は認証免除の範囲内ですが、外部がここから来たように見えるため免除しません",
    ),
    # what makes the server weaker
    "profile": ("Profile: {profile}", "プロファイル: {profile}"),
    "weaker-sender_policy": (
        "whoever may send may do so under any name, also that of a stranger (sender_policy is off)",
        "送信を許された人は、他人のアドレスでも送信できます (sender_policy がオフ)",
    ),
    "weaker-pop_before_smtp": (
        "who has read mail may send without a login, and all behind the same router with it (pop_before_smtp is on)",
        "メールを読んだ人は認証なしで送信でき、同じルーターの全員も送信できます (pop_before_smtp がオン)",
    ),
    "weaker-cram_md5": (
        "new passwords are kept in readable form for CRAM-MD5 (cram_md5 is on)",
        "CRAM-MD5 のため、新しいパスワードが読める形で保存されます (cram_md5 がオン)",
    ),
    "weaker-clear_login": (
        "passwords are taken without encryption: anybody on the way can read them (clear_login is on)",
        "暗号化なしのパスワードを受け付けます。途中の誰でも盗み見できます (clear_login がオン)",
    ),
    "weaker-mend_newlines": (
        "letters with wrong line ends are mended, not refused (mend_newlines is on)",
        "改行の誤ったメールを断らずに直して受け取ります (mend_newlines がオン)",
    ),
    # exempt
    "exempt-router": (
        "But not the router {router}: outsiders may seem to come from it (hawknest exempt add {router} --confirm)",
        "ルーター {router} は除きます。外部がここから来たように見えるためです (hawknest exempt add {router} --confirm)",
    ),
    # start
    "start-in-use": ("{words}", "このポートはほかのプログラムが使っています。{words}"),
    "start-not-allowed": ("{words}", "1024 未満のポートを開く権限がありません。{words}"),
    "start-no-nest": ("{words}", "設定に問題があります。{words}"),
    "start-disk-full": (
        "the disk is full; nothing was changed ({words})",
        "ディスクに空きがありません。何も変更していません ({words})",
    ),
    # suspend, resume, stop, reload
    "suspended": (
        "delivery is off: letters are still accepted, and wait until `hawknest resume`",
        "配送を止めました。メールは受け付けて、`hawknest resume` まで待たせます",
    ),
    "suspended-receiving": (
        "receiving is off: others are told to try again later, until `hawknest resume --receiving`",
        "受信を止めました。`hawknest resume --receiving` まで、相手には後で再送するよう伝えます",
    ),
    "resumed-receiving": ("receiving is on", "受信を再開しました"),
    "resumed": ("delivery is on", "配送を再開しました"),
    "stopped": ("the server has stopped", "サーバーを停止しました"),
    "stopping": ("the server is stopping", "サーバーを停止しています"),
    "reloaded": ("the new settings are in use", "新しい設定を反映しました"),
    # trace
    "trace-none": ("No letter is known by {key}.", "{key} に当たるメールはありません。"),
    "trace-letter": (
        "Letter {id}, {size}, from {sender}",
        "メール {id}、{size}、差出人 {sender}",
    ),
    "trace-message-id": ("  Message-ID {message_id}", "  Message-ID {message_id}"),
    "trace-null": ("nobody (a report or an automatic reply)", "なし (配送報告または自動応答)"),
    "trace-came": ("came from {peer} by {service}", "{peer} から {service} で届きました"),
    "trace-made": ("was made here ({service})", "このサーバーで作られました ({service})"),
    "trace-filed": ("filed for {address}", "{address} のメールボックスに入れました"),
    "trace-queued": ("waits to leave for {address}", "{address} 宛ての配送待ちに入れました"),
    "trace-leads to": ("{address} leads to {to}", "{address} は {to} に転送されます"),
    "trace-answered": ("{address} got an automatic reply", "{address} に自動応答を送りました"),
    "trace-delivered": ("delivered to {address}", "{address} に配送しました"),
    "trace-deferred": ("delivery to {address} is delayed", "{address} への配送は遅れています"),
    "trace-delayed": (
        "the sender was told that {address} is delayed",
        "{address} への遅れを差出人に知らせました",
    ),
    "trace-failed": (
        "delivery to {address} failed for good",
        "{address} への配送は失敗しました (再試行しません)",
    ),
    "trace-bounced": (
        "the sender was told that {address} failed",
        "{address} への失敗を差出人に知らせました",
    ),
    "trace-refused": ("refused for {address}", "{address} 宛ては受け取りを断りました"),
    "trace-held": ("held back for {address} by the owner", "{address} 宛てを管理者が保留しました"),
    "trace-released": ("released for {address} by the owner", "{address} 宛ての保留を管理者が解きました"),
    "trace-retry": ("the owner asked to try {address} now", "管理者が {address} 宛ての再試行を求めました"),
    "trace-given back": (
        "the owner asked to return what waits for {address} to its sender",
        "管理者が {address} 宛てを差出人に返すよう求めました",
    ),
    "trace-dropped": ("dropped for {address} by the owner", "{address} 宛てを管理者が取り消しました"),
    "trace-loop": (
        "{address} would have sent it on in a circle: it was not",
        "{address} の転送は循環するので行いませんでした",
    ),
    "trace-nowhere": ("{address} is not there", "{address} は存在しません"),
    "trace-joined": (
        "put together for {address} from parts",
        "{address} 宛ての分割メールを一つにまとめました",
    ),
    "trace-part of": (
        "{address}: put together with the other parts; this part is in Trash",
        "{address}: ほかの部分と一つにまとめました。この部分はごみ箱にあります",
    ),
    "trace-other": ("{event} {address}", "{event} {address}"),
    "trace-tried": (
        "{host} was tried and did not take it: {words}",
        "{host} は受け取りませんでした: {words}",
    ),
    "trace-said": ("the other server said: {words}", "相手サーバーの返事: {words}"),
    "trace-waiting": (
        "still waits for {address}: next try {at}, {attempts} so far",
        "{address} 宛ては待機中: 次の試行 {at}、これまで {attempts} 回",
    ),
    "trace-waiting-due": (
        "still waits for {address}: to be tried now, {attempts} so far",
        "{address} 宛ては待機中: まもなく試行、これまで {attempts} 回",
    ),
    "trace-waiting-held": ("held back for {address}", "{address} 宛ては保留中"),
    **CARRY,
    **COACH,
    **CERTIFICATE,
    **CHECKS,
    **DOCTOR,
    **GETIN,
    **INVITE,
    **LETTER,
    **PUBLISH,
    **SELFTEST,
    **REPORT,
    **TRANSPORT,
    **WEB,
    **KEYS,
}
