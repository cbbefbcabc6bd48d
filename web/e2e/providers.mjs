// A database of mail providers in the form of Thunderbird's, with one entry: the test's own mailbox.
import { createServer } from "node:http";

export async function startProviders(mailbox) {
  const entry = (kind, type, { host, tlsPort }) => `<${kind} type="${type}"><hostname>${host}</hostname><port>${tlsPort}</port>
    <socketType>SSL</socketType><username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></${kind}>`;
  const answer = `<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="mail.test"><domain>mail.test</domain>
    ${entry("incomingServer", "imap", mailbox.imap)}${entry("outgoingServer", "smtp", mailbox.smtp)}</emailProvider></clientConfig>`;
  const server = createServer((request, response) => {
    const known = request.url.endsWith("/mail.test");
    response.writeHead(known ? 200 : 404, { "content-type": "text/xml" }).end(known ? answer : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/v1.1/`, stop: () => new Promise((resolve) => server.close(resolve)) };
}
