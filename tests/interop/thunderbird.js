// What a person does in Thunderbird, by its own parts: test_thunderbird.py calls these functions in its privileged context.

const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");

/** Look until a value is there. */
async function until(what, look) {
  for (const end = Date.now() + 25000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise(go => Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer).initWithCallback(go, 30, 0));
  }
  throw new Error(`${what}: waited in vain`);
}

/** The end of something that tells a listener of the given kind by calling `end` with a code. */
function ended(kind, end, start, others = {}) {
  return new Promise((go, stop) => {
    const listener = new Proxy({ QueryInterface: ChromeUtils.generateQI([kind]), ...others }, {
      get: (target, name) =>
        name === end
          ? (...told) => {
              const code = told.find(one => typeof one === "number");
              Components.isSuccessCode(code) ? go() : stop(new Error(`${end}: ${code.toString(16)} ${told}`));
            }
          : target[name] ?? (() => {}),
    });
    start(listener);
  });
}

function server() {
  return MailServices.accounts.accounts[0].incomingServer;
}

/** Add an account, as the dialogue for a new account does once it knows the servers. */
function setUp({ user, password, imap, tls, submission, authority }) {
  Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB).addCertFromBase64(authority, "C,,");
  const incoming = MailServices.accounts.createIncomingServer(user, "localhost", "imap");
  incoming.port = imap;
  incoming.socketType = Ci.nsMsgSocketType[tls];
  incoming.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  const identity = MailServices.accounts.createIdentity();
  identity.email = user;
  const account = MailServices.accounts.createAccount();
  account.incomingServer = incoming;
  account.addIdentity(identity);
  if (submission) {
    const outgoing = MailServices.outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
    Object.assign(outgoing, { hostname: "localhost", port: submission });
    outgoing.QueryInterface(Ci.nsIMsgOutgoingServer);
    outgoing.socketType = Ci.nsMsgSocketType.alwaysSTARTTLS;
    outgoing.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
    Object.assign(outgoing, { username: user, password });
    identity.smtpServerKey = outgoing.key;
  }
  signIn(password);
}

/** Type the password, and see the folders. */
function signIn(password) {
  server().password = password;
  server().performExpand(null);
}

function folder(name) {
  return until(`the folder ${name}`, () => {
    try {
      return server().rootFolder.getChildNamed(name);
    } catch {
      return null;
    }
  });
}

async function create(name) {
  server().rootFolder.createSubfolder(name, null);
  await folder(name);
}

/** Click on a folder: its letters, as soon as they are the expected ones. */
async function look(name, ...subjects) {
  const there = await folder(name);
  there.updateFolder(null);
  const shown = () => [...there.messages].map(one => one.mime2DecodedSubject).sort();
  await until(`${subjects} in ${name}`, () => JSON.stringify(shown()) === JSON.stringify(subjects.sort()));
  return [...there.messages].map(one => ({
    subject: one.mime2DecodedSubject,
    author: one.mime2DecodedAuthor,
    read: one.isRead,
    flagged: one.isFlagged,
    tags: one.getStringProperty("keywords"),
  }));
}

async function letter(name, subject) {
  const there = await folder(name);
  return until(subject, () => [...there.messages].find(one => one.mime2DecodedSubject === subject));
}

/** Do nothing until a letter is there: the server must tell of it. */
async function wait(name, subject) {
  await letter(name, subject);
}

/** Open a letter: its octets. */
async function read(name, subject) {
  const header = await letter(name, subject);
  const uri = header.folder.getUriForMsg(header);
  let text = "";
  await ended(
    "nsIStreamListener",
    "onStopRequest",
    listener => MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, ""),
    {
      onDataAvailable(_request, input, _offset, count) {
        const stream = Cc["@mozilla.org/scriptableinputstream;1"].createInstance(Ci.nsIScriptableInputStream);
        stream.init(input);
        text += stream.readBytes(count);
      },
    }
  );
  return text;
}

/** Mark a letter as read, with a star and with tags. */
async function mark(name, subject) {
  const header = await letter(name, subject);
  header.folder.markMessagesRead([header], true);
  header.folder.markMessagesFlagged([header], true);
  header.folder.addKeywordsToMessages([header], "$label1 work");
}

async function move(from, subject, to) {
  const header = await letter(from, subject);
  const target = await folder(to);
  await ended("nsIMsgCopyServiceListener", "onStopCopy", listener =>
    MailServices.copy.copyMessages(header.folder, [header], target, true, listener, null, false)
  );
}

async function remove(name, subject) {
  const header = await letter(name, subject);
  await ended("nsIMsgCopyServiceListener", "onStopCopy", listener =>
    header.folder.deleteMessages([header], null, false, true, listener, false)
  );
}

/** Search on the server. */
async function search(name, attribute, word) {
  const session = Cc["@mozilla.org/messenger/searchSession;1"].createInstance(Ci.nsIMsgSearchSession);
  session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, await folder(name));
  const term = session.createTerm();
  term.attrib = Ci.nsMsgSearchAttrib[attribute];
  term.op = Ci.nsMsgSearchOp.Contains;
  const value = term.value;
  value.attrib = term.attrib;
  value.str = word;
  term.value = value;
  session.appendTerm(term);
  const found = [];
  const onSearchHit = header => found.push(header.mime2DecodedSubject);
  await ended(
    "nsIMsgSearchNotify",
    "onSearchDone",
    listener => {
      session.registerListener(listener);
      session.search(null);
    },
    { onSearchHit }
  );
  return found.sort();
}

/** Write a letter and send it; a copy goes into Sent. */
async function send(to, subject, text) {
  const [account] = MailServices.accounts.accounts;
  const identity = account.defaultIdentity;
  identity.fccFolderURI = (await folder("Sent")).URI;
  const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  Object.assign(fields, { from: identity.email, to, subject });
  const sending = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
  const now = Ci.nsIMsgSend.nsMsgDeliverNow;
  await ended("nsIMsgSendListener", "onStopSending", listener =>
    sending.createAndSendMessage(
      ...[null, identity, account.key, fields, false, false, now, null, "text/plain", `${text}\r\n`],
      ...[null, null, listener, "", "", Ci.nsIMsgCompType.New]
    )
  );
}
