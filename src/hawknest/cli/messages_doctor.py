"""What the doctor says: each finding, and with `-do` what the owner can do; English and Japanese as in `messages`."""

from typing import Final

DOCTOR: Final[dict[str, tuple[str, str]]] = {
    "doctor-well": ("No problems found.", "問題は見つかりませんでした。"),
    "doctor-sum": (
        "Problems left: {count}. Mended: {mended}.",
        "残っている問題: {count} 件。直した問題: {mended} 件。",
    ),
    "doctor-mended": ("Mended.", "直しました。"),
    "doctor-open": (
        "Other users of this machine can look into {directory} (mode {mode}).",
        "このマシンのほかのユーザーが {directory} の中を見られます (モード {mode})。",
    ),
    "doctor-open-do": (
        "Close it: chmod 700 {directory}, or hawknest doctor --fix",
        "閉じてください: chmod 700 {directory} または hawknest doctor --fix",
    ),
    "doctor-foreign": (
        "Files in {directory} do not belong to {user}, so the server may be unable to write them: {files}",
        "{directory} の中に {user} の所有でないファイルがあり、サーバーが書き込めないことがあります: {files}",
    ),
    "doctor-foreign-do": (
        "Give them back, as root: chown -R {user} {directory}",
        "root で所有者を戻してください: chown -R {user} {directory}",
    ),
    "doctor-disk": (
        "Only {free} are free on the disk of {directory}: letters will soon be refused.",
        "{directory} のディスクの空きが {free} しかありません。まもなくメールを受け取れなくなります。",
    ),
    "doctor-disk-do": (
        "Make room: remove what is not needed, or move the directory to a larger disk",
        "不要なものを消すか、大きいディスクに移してください",
    ),
    "doctor-inodes": (
        "The disk of {directory} has room for only {count} more files.",
        "{directory} のディスクには、あと {count} 個しかファイルを作れません。",
    ),
    "doctor-inodes-do": (
        "Remove small files that are not needed, or use a file system with more inodes",
        "不要な小さいファイルを消すか、inode の多いファイルシステムを使ってください",
    ),
    "doctor-readable": (
        "Every user of this machine can read {file}, which holds a secret.",
        "秘密を含む {file} を、このマシンのすべてのユーザーが読めます。",
    ),
    "doctor-readable-do": (
        "Close it: chmod o-rwx {file}, or hawknest doctor --fix",
        "閉じてください: chmod o-rwx {file} または hawknest doctor --fix",
    ),
    "doctor-config": ("The configuration cannot be used: {words}", "設定を使えません: {words}"),
    "doctor-config-do": (
        "Correct that line; nothing else could be looked at",
        "その行を直してください。ほかの点はまだ調べられません",
    ),
    "doctor-certificate-unusable": (
        "The certificate {file} cannot be used: {words}.",
        "証明書 {file} を使えません: {words}",
    ),
    "doctor-certificate-unusable-do": (
        "Set tls.certificate and tls.key in hawknest.toml to a certificate and its own key, both in PEM",
        "hawknest.toml の tls.certificate と tls.key に、PEM 形式の証明書とその鍵を指定してください",
    ),
    "doctor-certificate-over": (
        "The certificate {file} ended on {at}: mail programs will refuse it.",
        "証明書 {file} は {at} に期限が切れました。メールソフトに拒否されます。",
    ),
    "doctor-certificate-over-do": (
        "Get a new one, then: hawknest reload",
        "新しい証明書を用意して、hawknest reload を実行してください",
    ),
    "doctor-certificate-soon": (
        "The certificate {file} ends on {at}.",
        "証明書 {file} は {at} に期限が切れます。",
    ),
    "doctor-certificate-soon-do": (
        "Get a new one before that, then: hawknest reload",
        "それまでに新しい証明書を用意して、hawknest reload を実行してください",
    ),
    "doctor-certificate-early": (
        "The certificate {file} begins only on {at}: is the clock of this machine right?",
        "証明書 {file} は {at} からしか有効でありません。このマシンの時計は合っていますか?",
    ),
    "doctor-certificate-early-do": (
        "Set the clock, or wait for that time",
        "時計を合わせるか、その時刻まで待ってください",
    ),
    "doctor-certificate-name": (
        "The certificate {file} is not for {hostname}, but for: {words}",
        "証明書 {file} は {hostname} 用ではありません。対象: {words}",
    ),
    "doctor-certificate-name-do": (
        "Get one for {hostname}, or correct hostname in hawknest.toml",
        "{hostname} 用の証明書を用意するか、hawknest.toml の hostname を直してください",
    ),
    "doctor-certificate-own": (
        "The certificate that the server made for itself, {file}, is not good any more.",
        "サーバーが自分で作った証明書 {file} は、もう使えません。",
    ),
    "doctor-certificate-own-do": (
        "Remove {file} and run hawknest reload: a new one is made",
        "{file} を消して hawknest reload を実行すると、新しいものが作られます",
    ),
    "doctor-no-database": ("The database {file} is not there.", "データベース {file} がありません。"),
    "doctor-no-database-do": (
        "Put a copy back: from your backup, or the newest of {directory}/snapshots",
        "バックアップ、または {directory}/snapshots の最新のものを戻してください",
    ),
    "doctor-database": ("The database cannot be used: {words}", "データベースを使えません: {words}"),
    "doctor-database-do": (
        (
            "Is the disk all right, or the PostgreSQL server running? If the file is broken, stop the server and put a copy back "
            "(your backup, or {directory}/snapshots)"
        ),
        (
            "ディスクや PostgreSQL サーバーは正常ですか? ファイルが壊れている場合は、サーバーを止めて、バックアップか "
            "{directory}/snapshots から戻してください"
        ),
    ),
    "doctor-damage": (
        "The database file is damaged: {words}",
        "データベースのファイルが壊れています: {words}",
    ),
    "doctor-damage-do": (
        (
            "Stop the server, keep a copy of the damaged file, and put a good one back (your backup, or {directory}/snapshots); "
            "then run hawknest doctor again. Look after the disk: files do not break by themselves"
        ),
        (
            "サーバーを止め、壊れたファイルの写しを取ってから、バックアップか {directory}/snapshots から戻し、もう一度 "
            "hawknest doctor を実行してください。ディスクも調べてください"
        ),
    ),
    "doctor-schema-new": (
        "The data was written by a newer Hawknest (schema {found}; this one knows {known}).",
        "データは新しい Hawknest が書いたものです (スキーマ {found}、このプログラムは {known} まで)。",
    ),
    "doctor-schema-new-do": (
        "Install the newer Hawknest again, or put back a snapshot of before",
        "新しい Hawknest を入れ直すか、以前のスナップショットを戻してください",
    ),
    "doctor-schema-old": (
        "The data has the older schema {found}; this Hawknest uses {known}.",
        "データは古いスキーマ {found} です。この Hawknest は {known} を使います。",
    ),
    "doctor-schema-old-do": (
        "The next start of the server brings it up, after a snapshot; so does hawknest doctor --fix",
        "次にサーバーを起動するとスナップショットの後に更新されます。hawknest doctor --fix でも更新できます",
    ),
    "doctor-clock": (
        "The clock of this machine says {now}, but something is known from {newest}: it was, or is, wrong.",
        "このマシンの時計は {now} ですが、{newest} の記録があります。時計が狂っているか、狂っていました。",
    ),
    "doctor-clock-do": (
        "Set the clock, and let it be kept right (timedatectl set-ntp true): times of letters, locks and waits depend on it",
        "時計を合わせ、自動で合うようにしてください (timedatectl set-ntp true)。メールの時刻や待ち時間に影響します",
    ),
    "doctor-missing": (
        (
            "The file of a letter is gone: {account}, mailbox {mailbox}, received {at}, from {sender}, {size}, "
            "letter {letter}, Message-ID {message_id}. File: {file}"
        ),
        (
            "メールのファイルがありません: {account}、メールボックス {mailbox}、受信 {at}、差出人 {sender}、{size}、"
            "メール {letter}、Message-ID {message_id}。ファイル: {file}"
        ),
    ),
    "doctor-missing-do": (
        (
            "Put the file back from a backup. If there is none: delete the letter (or hawknest queue drop {letter}), and ask the "
            "sender for it again; --fix notes that you know"
        ),
        (
            "バックアップから戻してください。なければ、そのメールを削除し (または hawknest queue drop {letter})、差出人に再送を"
            "頼んでください。--fix で確認済みとして記録します"
        ),
    ),
    "doctor-missing-more": (
        "And {count} more files of letters are gone or cut short.",
        "ほかに {count} 個のメールのファイルがないか、欠けています。",
    ),
    "doctor-missing-more-do": (
        "So many at once: is the disk of {directory} mounted, and all of it?",
        "一度にこれだけ失われています。{directory} のディスクは正しくマウントされていますか?",
    ),
    "doctor-short": (
        (
            "The file of a letter has not its {size} but {left}: {account}, mailbox {mailbox}, received {at}, from {sender}, "
            "letter {letter}, Message-ID {message_id}. File: {file}"
        ),
        (
            "メールのファイルが {size} ではなく {left} です: {account}、メールボックス {mailbox}、受信 {at}、差出人 {sender}、"
            "メール {letter}、Message-ID {message_id}。ファイル: {file}"
        ),
    ),
    "doctor-short-do": (
        (
            "Put the file back from a backup. If there is none: read what is left, and ask the sender for it again; --fix notes "
            "that you know"
        ),
        "バックアップから戻してください。なければ、残りを読み、差出人に再送を頼んでください。--fix で確認済みとして記録します",
    ),
    "doctor-aside": (
        "The file of a letter was put aside into swept/: {file}",
        "メールのファイルが swept/ に移されています: {file}",
    ),
    "doctor-aside-do": ("hawknest doctor --fix puts it back", "hawknest doctor --fix で元に戻します"),
    "doctor-strays": (
        "Files in blobs/ that belong to no letter: {count}, together {size}.",
        "どのメールにも属さないファイルが blobs/ にあります: {count} 個、合計 {size}。",
    ),
    "doctor-strays-do": (
        "hawknest doctor --fix puts them aside into swept/ for a month; the running server does so every night",
        "hawknest doctor --fix で swept/ に一か月間移します。動作中のサーバーも毎晩行います",
    ),
    "doctor-alien": (
        "A file that Hawknest did not make lies among the letters: {file}",
        "Hawknest が作ったのではないファイルがメールの中にあります: {file}",
    ),
    "doctor-alien-do": (
        "Move it elsewhere: to bring in a letter, send it (hawknest sendmail)",
        "ほかへ移してください。メールを入れるには送信してください (hawknest sendmail)",
    ),
    "doctor-leftovers": (
        "A crash left {count} unfinished letters in spool/; their senders never heard yes, and sent them again.",
        "異常終了で spool/ に書きかけのメールが {count} 通残っています。差出人には受理と伝えていないので再送されています。",
    ),
    "doctor-leftovers-do": (
        "hawknest doctor --fix removes them; the running server does so every hour",
        "hawknest doctor --fix で消します。動作中のサーバーも毎時行います",
    ),
    "doctor-uses": (
        "Letters whose copies were counted wrongly: {count}.",
        "写しの数え方が合わないメール: {count} 通。",
    ),
    "doctor-uses-do": ("hawknest doctor --fix counts them again", "hawknest doctor --fix で数え直します"),
    "doctor-unplaced": (
        "Letters that are in no mailbox: {count}.",
        "どのメールボックスにも入っていないメール: {count} 通。",
    ),
    "doctor-unplaced-do": (
        "hawknest doctor --fix puts them into the INBOX of their owners",
        "hawknest doctor --fix で持ち主の INBOX に入れます",
    ),
    "doctor-octets": (
        "Accounts whose size is not that of their letters: {count}.",
        "容量がメールの合計と合わないアカウント: {count}。",
    ),
    "doctor-octets-do": (
        "hawknest doctor --fix adds them up again",
        "hawknest doctor --fix で計算し直します",
    ),
    "doctor-letterless": (
        "Recipients wait in the queue for letters that are not there any more: {addresses}",
        "存在しないメールを待つ宛先が配送待ちにあります: {addresses}",
    ),
    "doctor-letterless-do": (
        "hawknest doctor --fix takes them out; tell the senders if you know them",
        "hawknest doctor --fix で取り除きます。差出人が分かれば知らせてください",
    ),
    "doctor-finished": (
        "Letters in the queue that no recipient waits for: {count}.",
        "宛先の残っていない配送待ちのメール: {count} 通。",
    ),
    "doctor-finished-do": ("hawknest doctor --fix takes them out", "hawknest doctor --fix で取り除きます"),
    "doctor-workers": (
        "Processes of this machine that died still have something reserved: {count}.",
        "終了したプロセスの予約が残っています: {count}。",
    ),
    "doctor-workers-do": (
        "hawknest doctor --fix gives it free; the next start of the server does so too",
        "hawknest doctor --fix で解放します。サーバーの次の起動でも解放されます",
    ),
}
