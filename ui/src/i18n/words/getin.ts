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
} satisfies Words;
