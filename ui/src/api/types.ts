/* What the server tells: the members are those of the command line's --json. Times are seconds since the epoch, sizes octets. */

export interface Me {
  address: string;
  real_name: string;
  admin: boolean;
  /** The domains somebody administers; null: all of them, for an administrator of everything. */
  domains: string[] | null;
  language: string;
  listeners_admin: boolean;
  version: string;
}

export interface Status {
  state: string;
  delivery: string;
  receiving: string;
  connections: number;
  pending: number;
  delivering: number;
  held: number;
  listeners: Bound[];
  profile: string;
  weaker: string[];
  exempt: { addresses: string; until: number | null }[];
  routers_not_exempt: string[];
  version: string;
  uptime: number;
}

export interface Bound {
  service: string;
  address: string;
  port: number;
  tls: string;
}

export interface Listener {
  name: string;
  service: string;
  address: string;
  port: number;
  tls: string;
  enabled: boolean;
  admin: boolean;
  allow: string[];
  open: boolean;
  /** The port that answers, also where any free one was asked for. */
  open_port: number;
}

export interface User {
  address: string;
  real_name: string;
  active: boolean;
  admin: boolean;
  quota: number;
  message_limit: number;
  forward: string[];
  keep_copy: boolean;
  responder_on: boolean;
  responder_subject: string;
  responder_text: string;
  finger_text: string;
  reassemble: boolean;
  imap_without: string;
  octets: number;
  created_at: number;
  has_password: boolean;
  language?: string;
}

/** A user with what belongs to it. */
export interface Whole {
  user: User;
  /** The domains that the user administers without all others. */
  admin_domains: string[];
  /** Aliases that lead to the user. */
  aliases: string[];
  app_passwords: number;
  sessions: number;
}

/** One's own account. */
export interface Own extends User {
  second: { totp: boolean; passkeys: number; recovery: number };
  /** Whether a new password asks for the old one. */
  current_needed: boolean;
}

export interface AppPassword {
  label: string;
  services: string[];
  created_at: number;
}

export interface Session {
  id: string;
  created_at: number;
  used_at?: number;
  seen_at?: number;
  peer: string;
  agent: string;
  current?: boolean;
}

export interface Alias {
  address: string;
  targets: string[];
  builtin: boolean;
}

export interface Domain {
  name: string;
  readable: string;
  primary: boolean;
  alias_of: string | null;
  catch_all: string | null;
  strictness: string;
}

export interface Finding {
  severity: "ok" | "hint" | "problem";
  id: string;
  text: string;
  advice: string;
}

export interface Report {
  domain: string;
  worst: string;
  resolvers: string[];
  findings: Finding[];
}

export interface Device {
  name: string;
  senders: string[];
  active: boolean;
}

export interface Exemption {
  addresses: string;
  note: string;
  expires_at: number | null;
  active: boolean;
  routers: string[];
}

export type SettingValue = boolean | number | string | string[] | null;

/** A policy of the nest, or a setting of the machine. */
export interface Setting {
  name: string;
  kind: string;
  value: SettingValue;
  /** null: it has to say something. */
  default: SettingValue;
  help: string;
  weaker?: boolean;
}

export interface Waiting {
  number: number;
  letter: string;
  from: string;
  to: string;
  destination: string;
  size: number;
  state: "held" | "delivering" | "waiting";
  attempts: number;
  created_at: number;
  next_at: number;
  last_at: number | null;
  expires_at: number;
  last_words: string;
}

export interface Letter {
  id: string;
  at: number;
  service: string;
  peer: string;
  sender: string;
  message_id: string;
  size: number;
  detail: Record<string, unknown>;
}

export interface Step {
  at: number;
  event: string;
  address: string;
  detail: Record<string, unknown>;
}

export interface Journey {
  letter: Letter;
  steps: Step[];
  waiting: { to: string; held: boolean; attempts: number; next_at: number; last_words: string }[];
}

export interface AuditLine {
  id: number;
  at: number;
  who: string;
  way: string;
  action: string;
  subject: string;
  detail: Record<string, unknown>;
}

export interface Token {
  id: string;
  label: string;
  scopes: string[];
  created_at: number;
  expires_at: number | null;
  used_at: number | null;
}

export interface Webhook {
  id: number;
  url: string;
  events: string[];
  active: boolean;
  created_at: number;
  waiting: number;
  answer: string;
}

export interface LogLine {
  time: string;
  category: string;
  level: string;
  event: string;
  [field: string]: unknown;
}

export interface Series {
  name: string;
  kind: string;
  at: number[];
  values: number[];
}

/** A DNS record that a domain needs. */
export interface DnsRecord {
  name: string;
  type: string;
  value: string;
  needed: boolean;
  /** What it is for, in the language of the page. */
  purpose: string;
}

/** All records of a domain, one by one and as a zone file. */
export interface DnsRecords {
  items: DnsRecord[];
  zone: string;
}

export interface SettingLine {
  protocol: string;
  service: string;
  host: string;
  port: number;
  tls: string;
  user: string;
}

export interface SetupSheet {
  items: SettingLine[];
  address: string;
  hostname: string;
  local: boolean;
  self_signed: boolean;
  records: string[];
  mobileconfig: string;
  page: string;
  svg: string;
}

export interface Passkey {
  id: string;
  label: string;
  created_at: number;
  used_at: number | null;
}

/** A letter in a mailbox. */
export interface Held {
  number: number;
  mailbox: string;
  size: number;
  received_at: number;
  sender: string;
  subject: string;
  date: string;
  message_id: string;
  defects: string[];
  letter: string;
}

export interface Invitation {
  id: string;
  domain: string;
  local: string;
  note: string;
  made_by: string;
  count: number;
  created_at: number;
  expires_at: number;
}

/** Somebody who asks for an account. */
export interface Applicant {
  id: string;
  address: string;
  real_name: string;
  note: string;
  network: string;
  created_at: number;
  taken: boolean;
}
