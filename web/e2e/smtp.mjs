// A correspondent's mail server, as small as one can be: takes every mail (RFC 5321) and keeps it.
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** Listens twice: in the clear, and with TLS from the first byte (RFC 8314) by `certificate`. */
export async function startSmtp(certificate) {
  const mails = [];
  const waiting = [];
  const talk = (socket) => {
    let pending = "";
    let inData = false;
    let inAuth = false;
    let mail = { from: "", to: [], data: "" };
    const say = (line) => socket.write(`${line}\r\n`);
    say("220 localhost ready");
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (;;) {
        if (inData) {
          const end = pending.indexOf("\r\n.\r\n");
          if (end < 0) return;
          mail.data = pending.slice(0, end).replace(/\r\n\.\./g, "\r\n.");
          pending = pending.slice(end + 5);
          inData = false;
          mails.push(mail);
          waiting.splice(0).forEach((wake) => wake());
          mail = { from: "", to: [], data: "" };
          say("250 taken");
          continue;
        }
        const at = pending.indexOf("\r\n");
        if (at < 0) return;
        const line = pending.slice(0, at);
        pending = pending.slice(at + 2);
        if (inAuth) {
          inAuth = false;
          say("235 welcome");
        } else if (/^EHLO/i.test(line)) say("250-localhost\r\n250-AUTH PLAIN LOGIN\r\n250-SIZE 40000000\r\n250 8BITMIME");
        else if (/^HELO/i.test(line)) say("250 localhost");
        else if (/^AUTH PLAIN \S+/i.test(line)) say("235 welcome");
        else if (/^AUTH PLAIN/i.test(line)) {
          inAuth = true;
          say("334 ");
        } else if (/^MAIL FROM:<([^>]*)>/i.test(line)) {
          mail.from = /<([^>]*)>/.exec(line)[1];
          say("250 ok");
        } else if (/^RCPT TO:<([^>]*)>/i.test(line)) {
          mail.to.push(/<([^>]*)>/.exec(line)[1]);
          say("250 ok");
        } else if (/^DATA/i.test(line)) {
          inData = true;
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 ok");
      }
    });
  };
  const servers = [createServer(talk), createTlsServer(certificate, talk)];
  for (const server of servers) await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const [plain, tls] = servers.map((server) => server.address().port);
  return {
    port: plain,
    tlsPort: tls,
    mails,
    /** The first mail that fits; waits for it. */
    async waitFor(fits, withinMs = 30_000) {
      const until = Date.now() + withinMs;
      for (;;) {
        const found = mails.find(fits);
        if (found) return found;
        if (Date.now() > until) throw new Error(`no such mail arrived; ${mails.length} others did`);
        await Promise.race([new Promise((wake) => waiting.push(wake)), new Promise((wake) => setTimeout(wake, 500))]);
      }
    },
    stop: () => servers.forEach((server) => server.close()),
  };
}
