/* A made-up server for working on the pages: the API's shapes with invented people, in memory, forgotten at the end. It runs in
   Vite's development and preview servers, under the very headers that the real server sends. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import * as data from "./people.ts";

interface Ask {
  path: string[];
  query: URLSearchParams;
  body: Record<string, unknown>;
}

type Answer = (ask: Ask) => unknown;

class Refused extends Error {
  status: number;
  field: string | null;
  constructor(status: number, detail: string, field: string | null = null) {
    super(detail);
    this.status = status;
    this.field = field;
  }
}

const now = () => Date.now() / 1000;
const nest = data.nest();
let signedIn = process.env.FAKE_SIGNED_OUT !== "1";
let waiting = false;

const watchers = new Set<ServerResponse>();
const tell = (topic: string, value: unknown) => {
  for (const one of watchers) one.write(`event: ${topic}\ndata: ${JSON.stringify(value)}\n\n`);
};

function page<T>(found: T[], query: URLSearchParams) {
  const limit = Number(query.get("limit") ?? 100);
  const after = Number(query.get("after") ?? 0);
  const items = found.slice(after, after + limit);
  return { items, next: after + limit < found.length ? String(after + limit) : null, total: found.length };
}

const holds = (value: unknown, search: string) =>
  JSON.stringify(value).toLowerCase().includes(search.toLowerCase());
const search = <T>(found: T[], query: URLSearchParams) =>
  page(
    found.filter((one) => holds(one, query.get("search") ?? "")),
    query,
  );

function one<T>(found: T[], fits: (one: T) => boolean): T {
  const it = found.find(fits);
  if (!it) throw new Refused(404, "");
  return it;
}

const state = () => ({
  ...nest.status,
  pending: nest.queue.length,
  held: nest.queue.filter((q) => q.state === "held").length,
  delivering: nest.status.delivery === "on" ? nest.queue.filter((q) => q.state === "delivering").length : 0,
  weaker: nest.policies.filter((p) => p.weaker).map((p) => p.name),
});

const whole = (address: string) => {
  const user = one(nest.users, (u) => u.address === address);
  return {
    user,
    admin_domains: [],
    aliases: nest.aliases.filter((a) => a.targets.includes(address)).map((a) => a.address),
    app_passwords: 1,
    sessions: 1,
  };
};

const account = () => ({
  address: "mia@example.org",
  real_name: "Mia Koch",
  admin: process.env.FAKE_USER !== "1",
  domains: process.env.FAKE_USER === "1" ? [] : null,
  language: "en",
  listeners_admin: true,
  version: "0.1.0",
});

const own = () => ({ ...whole("mia@example.org").user, second: nest.second, current_needed: true });
const password = () =>
  ["quiet", "lantern", "orchard", "window"].map((w) => w + Math.floor(Math.random() * 9)).join("-");

const ROUTES: Record<string, Answer> = {
  "POST auth/sign-in": ({ body }) => {
    if (body.password === "wrong") throw new Refused(401, "The name or the password is wrong");
    if (String(body.name).startsWith("two")) {
      waiting = true;
      return { second: ["code"] };
    }
    signedIn = true;
    return { account: account() };
  },
  "POST auth/second": ({ body }) => {
    if (!waiting || body.code !== "123456") throw new Refused(401, "This code is not right", "code");
    signedIn = true;
    return { account: account() };
  },
  "POST auth/link": ({ body }) => {
    if (body.token === "first")
      return { welcome: { address: "mia@nest.test", domain: "nest.test", name: "" } };
    throw new Refused(401, "This link was used already, or is too old", "token");
  },
  "POST welcome": ({ body }) => {
    if (String(body.password).length < 10)
      throw new Refused(422, "This password is too easy to guess: it is short", "password");
    signedIn = true;
    return { account: account() };
  },
  "POST auth/sign-out": () => {
    signedIn = false;
  },
  "GET auth/me": () => account(),
  "GET me": () => own(),
  "PATCH me": ({ body }) => Object.assign(whole("mia@example.org").user, body) && own(),
  "POST me/password": ({ body }) => {
    if (body.current === "wrong")
      throw new Refused(422, "This is not the password of your account", "current");
  },
  "GET me/password/generate": () => ({ password: password() }),
  "POST me/password/check": ({ body }) => ({
    objections: String(body.password).length < 10 ? ["it has fewer than 10 characters"] : [],
  }),
  "GET me/sign-ins": () => ({ items: [], next: null, total: 0 }),
  "GET users/:id/sign-ins": () => ({ items: [], next: null, total: 0 }),
  "GET me/app-passwords": () => ({ items: nest.apps }),
  "POST me/app-passwords": ({ body }) => {
    nest.apps.push({ label: String(body.label), services: body.services as string[], created_at: now() });
    return { label: body.label, services: body.services, password: "k3vd wq8n x2fp m7ha zt4c" };
  },
  "DELETE me/app-passwords/:id": ({ path }) => {
    nest.apps = nest.apps.filter((a) => a.label !== path[0]);
  },
  "GET me/sessions": () => ({ items: nest.sessions }),
  "DELETE me/sessions": () => {
    nest.sessions = nest.sessions.filter((s) => s.current);
  },
  "DELETE me/sessions/:id": ({ path }) => {
    nest.sessions = nest.sessions.filter((s) => s.id !== path[0]);
  },
  "POST me/totp/begin": () => ({
    secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
    uri: "otpauth://totp/mia",
    svg: data.QR,
  }),
  "POST me/totp/confirm": ({ body }) => {
    if (body.code !== "123456") throw new Refused(422, "This code is not right", "code");
    nest.second.totp = true;
    return { recovery: ["4f8k-2mxp", "9qzt-7wcn", "b3hd-5vra", "x6yj-8snk", "p2gt-4emq", "u7wa-3kfd"] };
  },
  "DELETE me/totp": () => {
    nest.second.totp = false;
  },
  "POST me/recovery": () => ({ recovery: ["aaaa-bbbb", "cccc-dddd"] }),
  "GET me/passkeys": () => ({ items: nest.passkeys }),
  "DELETE me/passkeys/:id": ({ path }) => {
    nest.passkeys = nest.passkeys.filter((p) => p.id !== path[0]);
  },
  "GET me/setup": () => data.SETUP,

  "GET status": () => state(),
  "POST service/:act": ({ path }) => {
    for (const l of nest.listeners) if (!l.admin) l.open = l.enabled && path[0] === "start";
    return state();
  },
  "POST delivery/:act": ({ path }) => {
    nest.status.delivery = path[0] === "resume" ? "on" : "suspended";
    return state();
  },
  "POST receiving/:act": ({ path }) => {
    nest.status.receiving = path[0] === "resume" ? "on" : "suspended";
    return state();
  },
  "GET certificates": () => nest.certificates,
  "GET certificates/terms": () => ({
    authority: "letsencrypt",
    terms: "https://letsencrypt.org/repository/",
  }),
  "POST certificates/on": ({ body }) =>
    Object.assign(nest.certificates, {
      on: true,
      authority: body.authority,
      contact: body.contact,
      agreed_at: now(),
    }),
  "POST certificates/off": () => Object.assign(nest.certificates, { on: false, authority: "" }),
  "POST certificates/renew": () => nest.certificates,
  "GET listeners": () => ({ items: nest.listeners, next: null, total: nest.listeners.length }),
  "PATCH listeners/:id": ({ path, body }) => {
    const it = one(nest.listeners, (l) => l.name === path[0]);
    Object.assign(it, body);
    it.open = it.enabled;
    it.open_port = it.open ? it.port || 49_152 : 0;
    return { listener: it, said: "" };
  },
  "POST listeners/:id/:act": ({ path }) => {
    const it = one(nest.listeners, (l) => l.name === path[0]);
    it.open = path[1] === "start";
    it.open_port = it.open ? it.port : 0;
    return it;
  },
  "GET ports": ({ query }) =>
    query.get("port") === "80"
      ? { free: false, why: "port 80 is in use by nginx (pid 812)", proposal: 8080 }
      : { free: true, why: "", proposal: 0 },
  "GET log": ({ query }) => ({ ...search(nest.log.toReversed(), query), days: [] }),
  "GET machine": () => ({ items: nest.machine, said: "", hints: [] }),
  "PATCH machine": ({ body }) => {
    for (const one of nest.machine) if (one.name in body) one.value = body[one.name] as boolean;
    return { items: nest.machine, said: "", hints: [] };
  },
  "GET me/held": () => ({ items: data.HELD, next: null, total: 2 }),
  "GET users/:id/held": () => ({ items: data.HELD, next: null, total: 2 }),
  "GET applicants": () => ({
    items: [
      {
        id: "a1",
        address: "lena@example.org",
        real_name: "Lena Wolf",
        note: "Tom's sister",
        network: "192.0.2.0/24",
        created_at: now() - 7200,
        taken: false,
      },
    ],
  }),
  "GET invitations": () => ({
    items: [
      {
        id: "i1",
        domain: "example.org",
        local: "",
        note: "the choir",
        made_by: "mia@example.org",
        count: 5,
        created_at: now(),
        expires_at: now() + 6 * 86_400,
      },
    ],
  }),
  "POST invitations": () => ({
    invitation: { count: 1, expires_at: now() + 7 * 86_400 },
    page: "https://mail.example.org/join#k3vdwq8nx2fpm7ha",
    svg: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z"/></svg>',
  }),
  "POST sign-up/invitation": () => ({ way: "invited", domains: ["example.org"], local: "" }),
  "POST sign-up": ({ body }) => ({ address: body.address, waits: false }),
  "GET users": ({ query }) => {
    const sort = query.get("sort") ?? "address";
    const key =
      sort === "name"
        ? "real_name"
        : sort === "octets"
          ? "octets"
          : sort === "created"
            ? "created_at"
            : "address";
    const order = nest.users.toSorted((a, b) => (a[key] < b[key] ? -1 : 1));
    return search(sort === "octets" ? order.reverse() : order, query);
  },
  "POST users": ({ body }) => {
    const address = String(body.address);
    if (!address.includes("@"))
      throw new Refused(422, `${address} is not an address such as tom@example.org`, "address");
    if (nest.users.some((u) => u.address === address))
      throw new Refused(422, `the user ${address} is there already`, "address");
    const user = data.user(address, String(body.real_name ?? ""));
    nest.users.push(user);
    return { user, password: body.password ? null : password(), warnings: [] };
  },
  "POST users/import": ({ query }) => ({
    added: ["lena@example.org", "paul@example.org"],
    dry_run: query.has("dry_run"),
  }),
  "GET users/:id": ({ path }) => whole(path[0] ?? ""),
  "PATCH users/:id": ({ path, body }) => {
    Object.assign(whole(path[0] ?? "").user, body);
    return whole(path[0] ?? "");
  },
  "DELETE users/:id": ({ path }) => {
    nest.users = nest.users.filter((u) => u.address !== path[0]);
  },
  "POST users/:id/password": () => ({ password: null, warnings: [] }),
  "GET users/:id/app-passwords": () => ({ items: nest.apps }),
  "GET users/:id/sessions": () => ({ items: nest.sessions.map((s) => ({ ...s, current: false })) }),
  "GET domains": () => ({ items: nest.domains, next: null, total: nest.domains.length }),
  "POST domains": ({ body }) => {
    const it = {
      name: String(body.name),
      readable: String(body.name),
      primary: false,
      alias_of: (body.alias_of as string) ?? null,
      catch_all: null,
      strictness: "refuse",
    };
    nest.domains.push(it);
    return it;
  },
  "GET domains/:id": ({ path }) => ({
    domain: one(nest.domains, (d) => d.name === path[0]),
    users: 5,
    aliases: 3,
    roles_missing: [],
    records: data.RECORDS,
  }),
  "GET domains/:id/keys": () => ({ items: data.KEYS, next: null, total: data.KEYS.length }),
  "POST domains/:id/keys/look": () => ({ items: data.KEYS, next: null, total: data.KEYS.length }),
  "POST domains/:id/keys/rotate": () => ({ items: data.KEYS, next: null, total: data.KEYS.length }),
  "PATCH domains/:id": ({ path, body }) =>
    Object.assign(
      one(nest.domains, (d) => d.name === path[0]),
      body,
    ),
  "DELETE domains/:id": ({ path }) => {
    if (nest.users.some((u) => u.address.endsWith(`@${path[0]}`)))
      throw new Refused(422, `${path[0]} still has users`);
    nest.domains = nest.domains.filter((d) => d.name !== path[0]);
  },
  "GET domains/:id/records": () => ({
    items: data.RECORDS,
    zone: data.RECORDS.map((one) => `${one.name}. IN ${one.type} ${one.value}`).join("\n"),
  }),
  "GET domains/:id/check": ({ path }) => data.report(path[0] ?? ""),
  "POST domains/:id/roles": () => ({ items: [], total: 0 }),
  "GET aliases": ({ query }) => search(nest.aliases, query),
  "POST aliases": ({ body }) => {
    const alias = { address: String(body.address), targets: body.targets as string[], builtin: false };
    nest.aliases.push(alias);
    return { alias, nobody: [] };
  },
  "PATCH aliases/:id": ({ path, body }) =>
    Object.assign(
      one(nest.aliases, (a) => a.address === path[0]),
      body,
    ),
  "DELETE aliases/:id": ({ path }) => {
    nest.aliases = nest.aliases.filter((a) => a.address !== path[0]);
  },
  "GET devices": () => ({ items: nest.devices }),
  "POST devices": ({ body }) => {
    const device = { name: String(body.name), senders: body.senders as string[], active: true };
    nest.devices.push(device);
    return { device, password: "7r2m-kd93-px5v" };
  },
  "PATCH devices/:id": ({ path, body }) =>
    Object.assign(
      one(nest.devices, (d) => d.name === path[0]),
      body,
    ),
  "DELETE devices/:id": ({ path }) => {
    nest.devices = nest.devices.filter((d) => d.name !== path[0]);
  },
  "GET exempt": () => ({ items: nest.exempt }),
  "POST exempt": ({ body }) => {
    const addresses = String(body.addresses);
    if (/[a-z]/i.test(addresses))
      throw new Refused(
        422,
        `${addresses} looks like a host name; only addresses can be listed, such as 192.168.1.7`,
        "addresses",
      );
    nest.exempt.push({
      addresses,
      note: String(body.note),
      expires_at: body.expires_at as number | null,
      active: true,
      routers: [],
    });
  },
  "DELETE exempt": ({ query }) => {
    nest.exempt = nest.exempt.filter((e) => e.addresses !== query.get("addresses"));
  },
  "GET policies": () => ({ items: nest.policies }),
  "PATCH policies": ({ body }) => {
    for (const p of nest.policies) if (p.name in body) p.value = body[p.name] as boolean;
    for (const p of nest.policies) p.weaker = data.LEGACY.has(p.name) && p.value !== p.default;
    return { items: nest.policies };
  },
  "GET profiles": () => ({
    active: nest.policies.some((p) => p.weaker) ? "own" : "recommended",
    weaker: [],
    profiles: {},
  }),
  "POST profiles/:id": () => {
    for (const p of nest.policies) {
      p.value = p.default;
      p.weaker = false;
    }
  },
  "POST dns/test": ({ body }) => data.report(String(body.domain)),
  "POST selftest": () => data.SELFTEST,
  "GET may-send": ({ query }) => data.maySend(query.get("peer") ?? "", query.get("user") ?? ""),
  "GET queue": ({ query }) => search(nest.queue, query),
  "POST queue/:id/:act": ({ path }) => {
    if (path[1] === "drop") nest.queue = nest.queue.filter((q) => String(q.number) !== path[0]);
    for (const q of nest.queue)
      if (String(q.number) === path[0]) q.state = path[1] === "hold" ? "held" : "waiting";
    return { count: 1 };
  },
  "GET letters": ({ query }) => search(nest.letters, query),
  "GET letters/:id": ({ path }) => one(nest.letters, (l) => l.letter.id === path[0]),
  "GET audit": ({ query }) => search(nest.audit, query),
  "GET tokens": () => ({ items: nest.tokens, scopes: data.SCOPES }),
  "POST tokens": ({ body }) => {
    const token = {
      id: "t9",
      label: String(body.label),
      scopes: body.scopes as string[],
      created_at: now(),
      expires_at: body.expires_at as number,
      used_at: null,
    };
    nest.tokens.push(token);
    return { token, secret: "hawk_5k2v9xq8n3fp7mwa4zt6cjd0" };
  },
  "DELETE tokens/:id": ({ path }) => {
    nest.tokens = nest.tokens.filter((x) => x.id !== path[0]);
  },
  "GET webhooks": () => ({ items: nest.hooks }),
  "POST webhooks": ({ body }) => {
    const webhook = {
      id: 9,
      url: String(body.url),
      events: body.events as string[],
      active: true,
      created_at: now(),
      waiting: 0,
      answer: "",
    };
    nest.hooks.push(webhook);
    return { webhook, secret: "whsec_8dk2m4vx9qnp3fzt" };
  },
  "PATCH webhooks/:id": ({ path, body }) =>
    Object.assign(
      one(nest.hooks, (h) => String(h.id) === path[0]),
      body,
    ),
  "DELETE webhooks/:id": ({ path }) => {
    nest.hooks = nest.hooks.filter((h) => String(h.id) !== path[0]);
  },
  "GET metrics-history": ({ query }) => ({
    series: (query.get("series") ?? "")
      .split(",")
      .map((name) => data.series(name, Number(query.get("from")), Number(query.get("to")))),
    known: [],
  }),
  "GET reports/overview": ({ query }) => data.reports(Number(query.get("days") ?? 30)),
  "GET reports/received": () => ({ dmarc: [], tls: [] }),
  "GET reports/sent": ({ query }) => page([], query),
};

function route(method: string, path: string): [Answer, string[]] | null {
  const asked = path.split("/");
  for (const [row, answer] of Object.entries(ROUTES)) {
    const [verb, pattern = ""] = row.split(" ");
    const parts = pattern.split("/");
    if (verb !== method || parts.length !== asked.length) continue;
    if (parts.every((part, n) => part.startsWith(":") || part === asked[n])) {
      return [
        answer,
        parts.flatMap((part, n) => (part.startsWith(":") ? [decodeURIComponent(asked[n] ?? "")] : [])),
      ];
    }
  }
  return null;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const path = url.pathname.replace("/api/v1/", "");
  const send = (status: number, value?: unknown, type = "application/json") => {
    response.writeHead(status, { "Content-Type": type });
    response.end(value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));
  };
  if (!signedIn && !path.startsWith("auth/") && !path.startsWith("sign-up") && path !== "welcome")
    return send(401, { title: "Not signed in", detail: "" });
  if (!signedIn && path === "auth/me") return send(401, {});
  if (path === "events") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    watchers.add(response);
    tell("status", state());
    request.on("close", () => watchers.delete(response));
    return undefined;
  }
  const found = route(request.method ?? "GET", path);
  if (!found) return send(404, { title: "Not found", detail: "" });
  let text = "";
  for await (const chunk of request) text += String(chunk);
  const json = request.headers["content-type"] === "application/json" && text;
  try {
    const value = found[0]({ path: found[1], query: url.searchParams, body: json ? JSON.parse(text) : {} });
    if (request.method !== "GET") tell("status", state());
    return value === undefined ? send(204) : send(200, value);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return send(
      error.status,
      { title: "Refused", status: error.status, detail: error.message, field: error.field },
      "application/problem+json",
    );
  }
}

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

type Server = {
  middlewares: {
    use: (handler: (request: IncomingMessage, response: ServerResponse, next: () => void) => void) => void;
  };
};

function serve(server: Server, strict: boolean): void {
  const line = data.chatter();
  setInterval(() => {
    if (watchers.size) tell("log", line());
    nest.status.connections = 2 + Math.floor(Math.random() * 3);
    tell("status", state());
  }, 2000).unref();
  server.middlewares.use((request, response, next) => {
    if (strict) for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (request.url?.startsWith("/api/v1/")) void answer(request, response);
    else next();
  });
}

export function fake(): Plugin {
  return {
    name: "fake-server",
    configureServer: (server) => serve(server, false),
    configurePreviewServer: (server) => serve(server, true),
  };
}
