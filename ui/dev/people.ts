/* Who lives in the made-up nest. */
import type * as api from "../src/api/types.ts";

const NOW = Date.now() / 1000;
const HOUR = 3600;
const DAY = 86_400;
const MB = 1024 * 1024;

export const QR =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path d="M0 0h7v7H0zM1 1v5h5V1zM2 2h3v3H2zM14 0h7v7h-7zM15 1v5h5V1zM16 2h3v3h-3zM0 14h7v7H0zM1 15v5h5v-5zM2 16h3v3H2zM9 1h2v2H9zM8 9h3v1H8zM12 8h2v3h-2zM16 9h4v1h-4zM9 13h1v4H9zM12 14h3v2h-3zM17 13h3v4h-3zM11 18h6v2h-6z" fill-rule="evenodd"/></svg>';

export function user(address: string, real_name: string, more: Partial<api.User> = {}): api.User {
  return {
    address,
    real_name,
    active: true,
    admin: false,
    quota: 0,
    message_limit: 0,
    forward: [],
    keep_copy: true,
    responder_on: false,
    responder_subject: "",
    responder_text: "",
    finger_text: "",
    reassemble: false,
    imap_without: "",
    app_passwords_only: false,
    octets: 38 * MB,
    created_at: NOW - 40 * DAY,
    has_password: true,
    language: "en",
    ...more,
  };
}

const listener = (
  service: string,
  port: number,
  tls: string,
  more: Partial<api.Listener> = {},
): api.Listener => ({
  name: `${service}-${port % 10}`,
  service,
  address: "0.0.0.0",
  port,
  tls,
  enabled: true,
  admin: false,
  allow: [],
  open: true,
  open_port: port,
  ...more,
});

export const LEGACY = new Set([
  "sender_policy",
  "pop_before_smtp",
  "cram_md5",
  "clear_login",
  "mend_newlines",
]);

const policy = (name: string, value: api.SettingValue, now = value): api.Setting => ({
  name,
  kind: typeof value,
  value: now,
  default: value,
  help: "",
  weaker: LEGACY.has(name) && now !== value,
});

const LETTER = "06fz1q2v3k4m5n6p";

function journey(
  id: string,
  sender: string,
  to: string,
  minutes: number,
  more: Partial<api.Journey> = {},
): api.Journey {
  const at = NOW - minutes * 60;
  return {
    letter: {
      id,
      at,
      service: "smtp",
      peer: "203.0.113.25",
      sender,
      message_id: `<${id}@mail.example.com>`,
      size: 48_213,
      detail: { helo: "mail.example.com", tls: "TLSv1.3" },
    },
    steps: [{ at: at + 0.2, event: "filed", address: to, detail: { mailbox: "INBOX" } }],
    waiting: [],
    ...more,
  };
}

function delayed(): api.Journey {
  const at = NOW - 3 * HOUR;
  return {
    letter: {
      id: LETTER,
      at,
      service: "submission",
      peer: "192.168.1.23",
      sender: "mia@example.org",
      message_id: "<20261124.83@example.org>",
      size: 2_412_330,
      detail: { helo: "[192.168.1.23]", tls: "TLSv1.3", login: "mia@example.org" },
    },
    steps: [
      {
        at,
        event: "leads to",
        address: "verein@example.org",
        detail: { to: ["tom@example.org", "anna@example.com"] },
      },
      { at: at + 0.1, event: "filed", address: "tom@example.org", detail: { mailbox: "INBOX" } },
      { at: at + 0.1, event: "queued", address: "anna@example.com", detail: {} },
      {
        at: at + 2,
        event: "deferred",
        address: "anna@example.com",
        detail: {
          tried: [{ host: "mx1.example.com", said: "connection timed out" }],
          said: "451 4.7.1 Greylisted, please try again in five minutes",
          next: at + 300,
          tls: "TLSv1.3",
          host: "mx2.example.com",
        },
      },
      {
        at: at + 301,
        event: "deferred",
        address: "anna@example.com",
        detail: { said: "452 4.2.2 The mailbox is full", next: NOW + 20 * 60, host: "mx2.example.com" },
      },
    ],
    waiting: [
      {
        to: "anna@example.com",
        held: false,
        attempts: 2,
        next_at: NOW + 20 * 60,
        last_words: "452 4.2.2 The mailbox is full",
      },
    ],
  };
}

const queued = (
  number: number,
  to: string,
  state: api.Waiting["state"],
  last_words: string,
  attempts: number,
): api.Waiting => ({
  number,
  letter: LETTER,
  from: number % 4 ? "mia@example.org" : "",
  to,
  destination: to.split("@")[1] ?? "",
  size: 24_000 * number,
  state,
  attempts,
  created_at: NOW - 3 * HOUR,
  next_at: NOW + number * 400,
  last_at: attempts ? NOW - 600 : null,
  expires_at: NOW + 4.8 * DAY,
  last_words,
});

const line = (
  seconds: number,
  category: string,
  event: string,
  fields: Record<string, unknown> = {},
  level = "info",
): api.LogLine => ({
  time: new Date((NOW - seconds) * 1000).toISOString(),
  category,
  level,
  event,
  ...fields,
});

const LOG: api.LogLine[] = [
  line(95, "smtp", "connected", { session: "s7k2", peer: "203.0.113.25", port: 25 }),
  line(95, "smtp", "said", { session: "s7k2", side: "S", text: "220 mail.example.org ESMTP Hawknest" }),
  line(94, "smtp", "said", { session: "s7k2", side: "C", text: "EHLO mail.example.com" }),
  line(94, "smtp", "said", { session: "s7k2", side: "C", text: "MAIL FROM:<anna@example.com> SIZE=48213" }),
  line(93, "smtp", "accepted", {
    session: "s7k2",
    letter: LETTER,
    sender: "anna@example.com",
    size: 48_213,
    tls: "TLSv1.3",
  }),
  line(80, "auth", "denied", { peer: "198.51.100.77", service: "smtp", why: "WRONG" }, "warning"),
  line(62, "imap", "logged in", { session: "i3mf", login: "tom@example.org", peer: "192.168.1.40" }),
  line(
    44,
    "delivery",
    "deferred",
    {
      letter: LETTER,
      to: "anna@example.com",
      host: "mx2.example.com",
      said: "452 4.2.2 The mailbox is full",
    },
    "warning",
  ),
  line(30, "delivery", "delivered", {
    letter: "06fz1q9c2r4t7w8y",
    to: "office@example.net",
    host: "mx.example.net",
    tls: "TLSv1.3",
    delay: 1.3,
  }),
  line(12, "system", "certificate ends soon", { days: 12 }, "error"),
];

/** A new line now and then. */
export function chatter(): () => api.LogLine {
  let n = 0;
  return () => {
    n += 1;
    const it = LOG[n % LOG.length] ?? line(0, "system", "tick");
    return { ...it, time: new Date().toISOString(), session: `n${n}` };
  };
}

export function nest() {
  const people =
    "Lena Wolf,Paul Stern,鈴木 花子,Ida Berg,Noah Lind,佐藤 健,Emma Roth,Otto Kern,Ella Vogt,Max Falk,Nora Haas,Finn Adler".split(
      ",",
    );
  return {
    status: {
      state: "running",
      delivery: "on",
      receiving: "on",
      connections: 3,
      pending: 0,
      delivering: 0,
      held: 0,
      listeners: [],
      profile: "recommended",
      weaker: [] as string[],
      exempt: [],
      routers_not_exempt: [],
      version: "0.1.0",
      uptime: 3 * DAY + 4 * HOUR,
    },
    second: { totp: false, passkeys: 1, recovery: 8 },
    users: [
      user("mia@example.org", "Mia Koch", {
        admin: true,
        octets: 4200 * MB,
        quota: 10_240 * MB,
        created_at: NOW - 200 * DAY,
      }),
      user("tom@example.org", "Tom Koch", {
        octets: 980 * MB,
        quota: 1024 * MB,
        forward: ["tom@elsewhere.example"],
      }),
      user("anna@example.org", "Anna Brandt", {
        responder_on: true,
        responder_text: "I am away until Monday.",
      }),
      user("old@example.org", "Old Account", { active: false }),
      user("scout@example.org", "", { has_password: false }),
      ...people.map((name, n) => user(`person${n + 1}@example.org`, name, { octets: (n + 1) * 61 * MB })),
    ],
    aliases: [
      { address: "abuse@example.org", targets: ["mia@example.org"], builtin: true },
      { address: "postmaster@example.org", targets: ["mia@example.org"], builtin: true },
      { address: "info@example.org", targets: ["mia@example.org", "tom@example.org"], builtin: false },
      { address: "verein@example.org", targets: ["tom@example.org", "anna@example.com"], builtin: false },
    ] as api.Alias[],
    domains: [
      { name: "example.org", readable: "example.org", primary: true, alias_of: null, catch_all: null },
      {
        name: "example.net",
        readable: "example.net",
        primary: false,
        alias_of: "example.org",
        catch_all: null,
      },
      {
        name: "xn--r8jz45g.jp",
        readable: "例え.jp",
        primary: false,
        alias_of: null,
        catch_all: "mia@example.org",
      },
    ] as api.Domain[],
    certificates: {
      on: true,
      authority: "letsencrypt",
      agreed_at: 1_790_000_000,
      contact: "",
      own: {
        kind: "self-signed",
        shown: false,
        names: ["mail.example.org"],
        ends_at: 1_850_000_000,
        tlsa: "3 1 1 00",
      },
      certificates: [
        {
          subject: "mail.example.org",
          authority: "letsencrypt",
          state: "good",
          shown: true,
          trial: false,
          names: ["mail.example.org"],
          wanted: ["mail.example.org"],
          ends_at: 1_803_000_000,
          renew_at: 1_800_400_000,
          tlsa: `3 1 1 ${"5e".repeat(32)}`,
          next_tlsa: "",
          problem: null,
        },
      ],
    },
    listeners: [
      listener("smtp", 25, "starttls"),
      listener("submission", 587, "starttls"),
      listener("submissions", 465, "implicit"),
      listener("pop3", 110, "starttls", { enabled: false, open: false, open_port: 0 }),
      listener("pop3s", 995, "implicit"),
      listener("imap", 143, "starttls"),
      listener("imaps", 993, "implicit"),
      listener("finger", 79, "none", { open: false, open_port: 0 }),
      listener("https", 443, "implicit"),
      listener("https", 8443, "implicit", {
        admin: true,
        address: "192.168.1.2",
        allow: ["127.0.0.0/8", "192.168.1.0/24"],
      }),
    ],
    policies: [
      policy("message_size_limit", 50 * MB),
      policy("recipients_limit", 1000),
      policy("receive", true),
      policy("send_to_internet", true),
      policy("sender_policy", true),
      policy("pop_before_smtp", false),
      policy("pop_before_smtp_minutes", 15),
      policy("cram_md5", false, true),
      policy("mend_newlines", false),
      policy("plus_separator", "+"),
      policy("clear_login", false),
      policy("queue_days", 5),
      policy("delay_warning_hours", 4),
      policy("responder_days", 7),
      policy("journey_days", 30),
      policy("dkim_rotation_days", 180),
      policy("forward_from_rewrite", "off"),
      policy("sign_up", "off"),
      policy("mta_sts", "testing"),
    ],
    machine: [
      policy("hostname", null, "mail.example.org"),
      policy("web.hosts", []),
      policy("dns.resolvers", []),
      policy("log.level", "info"),
      policy("log.conversations", false, true),
      policy("log.days", 30),
      policy("log.megabytes", 1000),
      ...["smtp", "pop3", "imap", "web", "finger", "auth", "delivery", "system"].map((name) =>
        policy(`log.categories.${name}`, true, name !== "finger"),
      ),
      policy("limits.connections", 4000),
      policy("limits.connections_per_peer", 200),
      policy("limits.connect_timeout", 30),
    ],
    devices: [
      { name: "printer", senders: ["scan@example.org"], active: true },
      { name: "nas", senders: [], active: false },
    ] as api.Device[],
    exempt: [
      {
        addresses: "192.168.1.7",
        note: "the old scanner in the hall",
        expires_at: null,
        active: true,
        routers: [],
      },
      {
        addresses: "192.168.1.20-29",
        note: "while the new switch is tried",
        expires_at: NOW + 5 * HOUR,
        active: true,
        routers: [],
      },
    ] as api.Exemption[],
    apps: [
      { label: "phone", services: ["smtp", "imap"], created_at: NOW - 90 * DAY },
      { label: "Thunderbird on the laptop", services: ["smtp", "imap", "pop3"], created_at: NOW - 12 * DAY },
    ] as api.AppPassword[],
    sessions: [
      {
        id: "a1",
        created_at: NOW - 2 * HOUR,
        used_at: NOW - 10,
        peer: "192.168.1.23",
        agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140 Safari/537.36",
        current: true,
      },
      {
        id: "b2",
        created_at: NOW - 6 * DAY,
        used_at: NOW - 2 * DAY,
        peer: "2001:db8::7",
        agent: "Mozilla/5.0 (iPhone) Safari/604",
        current: false,
      },
    ] as api.Session[],
    passkeys: [
      { id: "p1", label: "laptop", created_at: NOW - 20 * DAY, used_at: NOW - DAY },
    ] as api.Passkey[],
    queue: [
      queued(1, "anna@example.com", "waiting", "452 4.2.2 The mailbox is full", 2),
      queued(2, "office@example.net", "delivering", "", 0),
      queued(
        3,
        "newsletter@very-long-domain-name.example.com",
        "held",
        "connection to mx.very-long-domain-name.example.com timed out after 60 seconds",
        5,
      ),
      queued(4, "bob@example.com", "waiting", "", 0),
    ],
    letters: [
      delayed(),
      journey("06fz1q9c2r4t7w8y", "anna@example.com", "mia@example.org", 2),
      journey("06fz1q8b2r4t7w8x", "news@shop.example", "tom@example.org", 34),
      journey("06fz1q7a2r4t7w8v", "", "mia@example.org", 61),
      journey("06fz1q6z2r4t7w8u", "spam@bad.example", "nobody@example.org", 75, {
        steps: [
          {
            at: NOW - 75 * 60,
            event: "refused",
            address: "nobody@example.org",
            detail: { reply: "550 5.1.1 There is no such user here" },
          },
        ],
      }),
    ],
    log: [...LOG],
    audit: [
      {
        id: 4,
        at: NOW - 600,
        who: "mia@example.org",
        way: "session",
        action: "user.change",
        subject: "tom@example.org",
        detail: { before: { quota: 0 }, after: { quota: 1024 * MB } },
      },
      {
        id: 3,
        at: NOW - 2 * HOUR,
        who: "mia@example.org",
        way: "token",
        action: "alias.add",
        subject: "verein@example.org",
        detail: {},
      },
      { id: 2, at: NOW - DAY, who: "root", way: "cli", action: "domain.add", subject: "例え.jp", detail: {} },
      {
        id: 1,
        at: NOW - 200 * DAY,
        who: "mia@example.org",
        way: "session",
        action: "first-run",
        subject: "mia@example.org",
        detail: {},
      },
    ] as api.AuditLine[],
    tokens: [
      {
        id: "t1",
        label: "backup script",
        scopes: ["users:read", "status:read"],
        created_at: NOW - 30 * DAY,
        expires_at: NOW + 60 * DAY,
        used_at: NOW - HOUR,
      },
    ] as api.Token[],
    hooks: [
      {
        id: 1,
        url: "https://chat.example.org/hooks/mail",
        events: ["bounced", "sign_in_failed"],
        active: true,
        created_at: NOW - 10 * DAY,
        waiting: 2,
        answer: "503 Service Unavailable",
      },
    ] as api.Webhook[],
  };
}

export const HELD: api.Held[] = [
  {
    number: 7,
    mailbox: "INBOX",
    size: 31 * MB,
    received_at: NOW - 3 * DAY,
    sender: "Anna Brandt",
    subject: "Photos of the summer party",
    date: "",
    message_id: "",
    defects: [],
    letter: "",
  },
  {
    number: 9,
    mailbox: "Archive",
    size: 48_000,
    received_at: NOW - 90 * DAY,
    sender: "",
    subject: "",
    date: "",
    message_id: "",
    defects: ["no-from", "bare-lf"],
    letter: "",
  },
];

export const SCOPES =
  "aliases:read aliases:write domains:read letters:read log:read metrics:read queue:read queue:write status:read users:read users:write".split(
    " ",
  );

const signingKey = (selector: string, record: string, more: Partial<api.SigningKey>): api.SigningKey => ({
  selector,
  algorithm: record.includes("rsa") ? "rsa-sha256" : "ed25519-sha256",
  state: "active",
  missing: false,
  name: `${selector}._domainkey.example.org`,
  record,
  created_at: NOW - 200 * 86400,
  since: NOW - 199 * 86400,
  looked_at: NOW - 1200,
  seen_at: NOW - 1200,
  leaves_at: null,
  ...more,
});
const RSA = `v=DKIM1; k=rsa; p=${"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu5oIUrFDWZK7F4thFxpZ".repeat(6)}IDAQAB`;
const ED = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
export const KEYS: api.SigningKey[] = [
  signingKey("hn2604r", RSA, { state: "retiring", leaves_at: NOW + 5 * 86400 }),
  signingKey("hn2604e", ED, { missing: true }),
  signingKey("hn2611r", RSA, {}),
  signingKey("hn2611e", ED, { state: "new", missing: true, seen_at: null }),
];

export const RECORDS: api.DnsRecord[] = [
  {
    name: "example.org",
    type: "MX",
    value: "10 mail.example.org.",
    needed: true,
    purpose: "where letters to the domain are brought",
  },
  {
    name: "mail.example.org",
    type: "A",
    value: "{public IPv4 address}",
    needed: true,
    purpose: "the addresses of this server",
  },
  {
    name: "example.org",
    type: "TXT",
    value: "v=spf1 mx -all",
    needed: true,
    purpose: "who may send letters in the name of the domain (SPF)",
  },
];

export const report = (domain: string): api.Report => ({
  domain,
  worst: "problem",
  resolvers: ["127.0.0.53"],
  findings: [
    { severity: "ok", id: "mx", text: `Letters for ${domain} are led to mail.${domain}.`, advice: "" },
    {
      severity: "problem",
      id: "a",
      text: `mail.${domain} has no address.`,
      advice: "Add an A record with the address of your connection.",
    },
    {
      severity: "hint",
      id: "spf",
      text: "There is no SPF record.",
      advice: 'Add the TXT record "v=spf1 mx -all".',
    },
  ],
});

export const SELFTEST = {
  ok: false,
  steps: [
    { step: "ports", ok: true, words: "The ports answer." },
    { step: "letter", ok: true, words: "A letter was handed in, found and read back." },
    {
      step: "tls",
      ok: false,
      words: "The certificate is self-signed.",
      advice: "Get one that others believe.",
    },
  ],
};

export function maySend(peer: string, name: string) {
  const known = name.includes("@");
  return {
    peer,
    user: name,
    notes: name && !known ? [{ id: "nobody", text: `There is no user or device ${name}.` }] : [],
    allowed: known,
    ways: [
      ...(known
        ? [
            {
              by: "account",
              services: ["submission", "submissions"],
              allowed: true,
              reply: "",
              reasons: [
                { text: `${name} signs in as a user.` },
                { text: "The sender is one of the user's own addresses." },
              ],
            },
          ]
        : []),
      {
        by: "stranger",
        services: ["smtp"],
        allowed: false,
        reply: "550 5.7.1 Sign in before sending to other servers",
        reasons: [{ text: `${peer} is in no entry of the exempt addresses.` }],
      },
    ],
  };
}

export const SETUP: api.SetupSheet = {
  items: [
    {
      protocol: "imap",
      service: "imaps",
      host: "mail.example.org",
      port: 993,
      tls: "implicit",
      user: "mia@example.org",
    },
    {
      protocol: "imap",
      service: "imap",
      host: "mail.example.org",
      port: 143,
      tls: "starttls",
      user: "mia@example.org",
    },
    {
      protocol: "pop3",
      service: "pop3s",
      host: "mail.example.org",
      port: 995,
      tls: "implicit",
      user: "mia@example.org",
    },
    {
      protocol: "smtp",
      service: "submissions",
      host: "mail.example.org",
      port: 465,
      tls: "implicit",
      user: "mia@example.org",
    },
    {
      protocol: "smtp",
      service: "submission",
      host: "mail.example.org",
      port: 587,
      tls: "starttls",
      user: "mia@example.org",
    },
  ],
  address: "mia@example.org",
  hostname: "mail.example.org",
  local: false,
  self_signed: true,
  records: [
    "_submissions._tcp.example.org. SRV 0 1 465 mail.example.org.",
    "_imaps._tcp.example.org. SRV 0 1 993 mail.example.org.",
  ],
  mobileconfig: "/apple.mobileconfig",
  page: "https://mail.example.org/setup",
  svg: QR,
};

const SCALE: Record<string, number> = {
  letters_in: 14,
  letters_out: 6,
  refused: 9,
  junk: 3,
  pending: 4,
  connections: 5,
  disk_used: 5200 * MB,
};

export function series(name: string, from: number, to: number): api.Series {
  const steps = 96;
  const scale = SCALE[name] ?? 1;
  const at = Array.from({ length: steps }, (_, n) => from + (n / (steps - 1)) * (to - from));
  const values = at.map((_, n) => {
    if (name === "disk_used") return scale * (0.8 + (0.2 * n) / steps);
    const wave = 0.55 + 0.45 * Math.sin(n / 9 + name.length);
    return Math.round(scale * wave * (0.6 + 0.4 * Math.sin(n * 1.7 + scale) ** 2));
  });
  return { name, kind: "count", at, values };
}

/** What others tell of made-up domains. */
export const reports = (days: number) => {
  const today = Math.floor(Date.now() / 86_400_000);
  const counted = Array.from({ length: days }, (_, n) => ({
    day: today - days + n,
    all: 40 + ((n * 7) % 23),
    good: 36 + ((n * 7) % 23),
  }));
  const source = { dkim: 0, spf: 0, refused: 0, quarantined: 0, reporters: 2, last: Date.now() / 1000 };
  const sources = [
    { ...source, ip: "192.0.2.1", name: "mx.example.org", letters: 900, passed: 900, meaning: "good" },
    { ...source, ip: "203.0.113.7", name: "", letters: 120, passed: 0, meaning: "unknown" },
  ].map((one) => ({ ...one, header_from: "example.org" }));
  return {
    domain: "",
    domains: ["example.org", "example.net"],
    since: Date.now() / 1000 - days * 86_400,
    dmarc: { letters: 1020, passed: 900, days: counted, sources },
    tls: { sessions: 1020, good: 1020, days: counted, failures: [] },
  };
};
