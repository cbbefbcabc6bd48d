// A system of somebody's own, attached by the generic API: it posts events to us, and takes our answers.
import { createHmac, randomBytes } from "node:crypto";
import { createServer } from "node:http";

let number = 0;

export async function startAttached() {
  const answers = [];
  const waiting = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const event = JSON.parse(Buffer.concat(parts).toString());
      answers.push(event);
      waiting.splice(0).forEach((wake) => wake());
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ id: event.id ? `ours-${event.id}` : undefined }));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const system = {
    url: `http://127.0.0.1:${server.address().port}/unisono`,
    answers,
    hook: "",
    secret: `whsec_${randomBytes(32).toString("base64")}`,
    /** Posts one event, signed as Standard Webhooks wants it. */
    async post(event) {
      number += 1;
      const id = `msg_${number}`;
      const body = JSON.stringify({ id: `e${number}`, type: "message", at: Date.now(), ...event });
      const seconds = String(Math.floor(Date.now() / 1000));
      const key = Buffer.from(system.secret.replace(/^whsec_/, ""), "base64");
      const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
      const headers = { "content-type": "application/json", "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
      const answer = await fetch(system.hook, { method: "POST", headers, body });
      if (!answer.ok) throw new Error(`the event was answered with ${answer.status}: ${await answer.text()}`);
    },
    /** The first answer that fits; waits for it. */
    async waitFor(fits, withinMs = 30_000) {
      const until = Date.now() + withinMs;
      for (;;) {
        const found = answers.find(fits);
        if (found) return found;
        if (Date.now() > until) throw new Error(`no such answer came; others: ${JSON.stringify(answers).slice(0, 2000)}`);
        await Promise.race([new Promise((wake) => waiting.push(wake)), new Promise((wake) => setTimeout(wake, 300))]);
      }
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
  return system;
}

/** Half a second of a swelling tone: a voice message that browsers can play. */
export function tone() {
  const rate = 8000;
  const samples = rate * 2;
  const data = Buffer.alloc(44 + samples);
  data.write("RIFF", 0);
  data.writeUInt32LE(36 + samples, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate, 28);
  data.writeUInt16LE(1, 32);
  data.writeUInt16LE(8, 34);
  data.write("data", 36);
  data.writeUInt32LE(samples, 40);
  for (let at = 0; at < samples; at += 1) data[44 + at] = 128 + Math.round(100 * Math.sin(at / 6) * Math.abs(Math.sin((at / samples) * 9)));
  return data.toString("base64");
}
