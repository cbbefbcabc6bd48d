// An SMPP server (npm package `smpp`) that a test steers: one JSON command a line on stdin, one JSON
// answer a line on stdout. Messages wait until they are acknowledged, and come again after a broken
// connection, as a message centre's do.
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';

const smpp = createRequire(import.meta.url)('smpp');

const state = { queue: [], taken: [], troubles: {}, accepts: true, answersLinks: process.argv[2] !== 'deaf', parts: {} };
let current = null;
let number = 0;

const plain = (address) => String(address).replace(/^\+/, '');

function deliver(entry) {
  if (!current || entry.acknowledged) return;
  const session = current;
  session.deliver_sm(entry.pdu, (answer) => {
    if (session === current) {
      entry.acknowledged = true;
      entry.status = answer.command_status;
    }
  });
}

function cut() {
  const session = current;
  current = null;
  session?.destroy();
}

// The text of a message; `null` while pieces are missing.
function whole(pdu) {
  const payload = pdu.message_payload ?? pdu.short_message;
  const text = payload.message ?? payload;
  const header = payload.udh?.[0];
  if (!header) return String(text);
  const [, , reference, total, part] = header;
  const key = `${pdu.destination_addr} ${reference}`;
  const parts = (state.parts[key] ??= []);
  parts[part - 1] = String(text);
  if (parts.filter((piece) => piece !== undefined).length < total) return null;
  delete state.parts[key];
  return parts.join('');
}

function submitted(session, pdu) {
  const to = plain(pdu.destination_addr);
  const trouble = state.troubles[to]?.shift();
  const refuse = (status) => session.send(pdu.response({ command_status: status }));
  const take = () => {
    number += 1;
    const text = whole(pdu);
    if (text !== null) state.taken.push({ to, text, coding: pdu.data_coding, from: pdu.source_addr });
    return `id${number}`;
  };
  switch (trouble) {
    case undefined: return session.send(pdu.response({ message_id: take() }));
    case 'Later': return refuse(smpp.ESME_RTHROTTLED);
    case 'Rejected': return refuse(smpp.ESME_RINVDSTADR);
    case 'Broken': return refuse(smpp.ESME_RSYSERR);
    case 'TakenAndCut': take(); return cut();
    case 'LostAndCut': return cut();
    case 'TakenAndSilent': take(); return undefined;
    case 'Silent': return undefined;
    case 'Expired':
      state.accepts = false;
      refuse(smpp.ESME_RINVBNDSTS);
      return session.unbind(() => cut());
    default: throw new Error(`no such trouble: ${trouble}`);
  }
}

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    if (!state.accepts || pdu.password !== 'secret') {
      session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      return session.close();
    }
    session.send(pdu.response({ system_id: 'smsc' }));
    current = session;
    state.queue.forEach(deliver);
  });
  session.on('submit_sm', (pdu) => submitted(session, pdu));
  session.on('enquire_link', (pdu) => state.answersLinks && session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('close', () => { if (session === current) current = null; });
});

const commands = {
  // Something for the account; `pdu` as the package takes it.
  write: ({ pdu }) => { const entry = { pdu }; state.queue.push(entry); deliver(entry); return {}; },
  // Everything once more, as if no acknowledgement had arrived.
  repeat: () => { state.queue.forEach((entry) => { entry.acknowledged = false; }); cut(); return {}; },
  cut: () => { cut(); return {}; },
  taken: ({ to }) => state.taken.filter((message) => message.to === plain(to)),
  trouble: ({ to, kind }) => { (state.troubles[plain(to)] ??= []).push(kind); return {}; },
  left: ({ to }) => (state.troubles[plain(to)] ?? []).length,
  waiting: () => state.queue.filter((entry) => !entry.acknowledged).length,
  statuses: () => state.queue.map((entry) => entry.status ?? null),
  accept: () => { state.accepts = true; return {}; },
  answer_links: () => { state.answersLinks = true; return {}; },
};

server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line);
    const revived = JSON.parse(line, (_, value) => (value?.$hex === undefined ? value : Buffer.from(value.$hex, 'hex')));
    console.log(JSON.stringify(commands[command.do](revived)));
  })
  .on('close', () => process.exit(0));
