// Judges and signs letters with npm's mailauth: a line of JSON in, a line of JSON out.
// The keys are in the question; nothing is asked of the DNS.
import { createInterface } from 'node:readline';
import arcs from 'mailauth/lib/arc/index.js';
import signing from 'mailauth/lib/dkim/sign.js';
import verifying from 'mailauth/lib/dkim/verify.js';

async function judged(letter, zone) {
  const resolver = async (name) => {
    const found = zone[name.toLowerCase()];
    if (found) return [[found]];
    throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
  };
  const found = await verifying.dkimVerify(letter, { resolver, strict: true });
  const chain = await arcs.arc(found.arc, { resolver, strict: true });
  const dkim = found.results
    .filter((one) => one.signingDomain)
    .map(({ status }) => status.result === 'pass' && !status.underSized);
  return { dkim, arc: chain?.status?.result ?? 'none' };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { letter, sign, zone } = JSON.parse(line);
  const octets = Buffer.from(letter, 'base64');
  const said = sign ? await signing.dkimSign(octets, sign) : await judged(octets, zone);
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
