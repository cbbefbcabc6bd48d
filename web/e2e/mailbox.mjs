// A real mailbox: Dovecot with one user and a few mails, on this machine only.
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./server.mjs";
import { startPictures } from "./pictures.mjs";
import { startSmtp } from "./smtp.mjs";

export const correspondent = { name: "Miriam Hoffmann", address: "miriam@klinik.test" };

const password = "postfach-geheim-1";

/** `null` where neither the environment nor the machine has a mailbox. */
export async function startMailbox() {
  const { E2E_MAIL_ADDRESS: address, E2E_MAIL_PASSWORD, E2E_MAIL_HOST: host } = process.env;
  if (address) {
    return {
      address,
      password: E2E_MAIL_PASSWORD,
      imap: { host, port: Number(process.env.E2E_MAIL_IMAP_PORT ?? 143) },
      smtp: { host, port: Number(process.env.E2E_MAIL_SMTP_PORT ?? 587) },
      sent: null,
      pictures: null,
      stop: async () => undefined,
    };
  }
  try {
    execFileSync("dovecot", ["--version"]);
  } catch {
    return null;
  }
  return startDovecot();
}

async function startDovecot() {
  const folder = mkdtempSync(join(tmpdir(), "unisono-mail-"));
  chmodSync(folder, 0o755);
  const box = join(folder, "box");
  for (const part of ["cur", "new", "tmp"]) mkdirSync(join(box, part), { recursive: true });
  const now = Date.now();
  const pictures = await startPictures();
  mails(now, pictures.url).forEach((mail, index) => writeFileSync(join(box, "new", `${Math.floor(now / 1000)}.${index}.e2e`), mail.replace(/\r?\n/g, "\r\n")));
  const root = process.getuid?.() === 0;
  const user = root ? "nobody" : execFileSync("id", ["-un"]).toString().trim();
  const group = execFileSync("id", ["-gn", user]).toString().trim();
  if (root) execFileSync("chown", ["-R", `${user}:${group}`, box]);
  const port = await freePort();
  const tlsPort = await freePort();
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert];
  execFileSync("openssl", request, { stdio: "ignore" });
  const config = join(folder, "dovecot.conf");
  writeFileSync(join(folder, "users"), `anna@mail.test:{PLAIN}${password}\n`);
  writeFileSync(
    config,
    `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
disable_plaintext_auth = no
listen = 127.0.0.1
default_internal_user = ${user}
default_internal_group = ${group}
default_login_user = ${user}
first_valid_uid = 0
mail_location = maildir:${box}
mail_uid = ${user}
mail_gid = ${group}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = static
  args = uid=${user} gid=${group} home=${folder}
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${tlsPort}
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
namespace inbox {
  inbox = yes
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
`,
  );
  const child = spawn("dovecot", ["-F", "-c", config], { stdio: "inherit" });
  await reachable(port);
  const smtp = await startSmtp({ key: readFileSync(key), cert: readFileSync(cert) });
  return {
    address: "anna@mail.test",
    password,
    imap: { host: "127.0.0.1", port, tlsPort },
    smtp: { host: "127.0.0.1", port: smtp.port, tlsPort: smtp.tlsPort },
    sent: smtp,
    pictures,
    stop: async () => {
      smtp.stop();
      await pictures.stop();
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000))]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function reachable(port) {
  for (let tries = 0; tries < 100; tries += 1) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.end();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Dovecot did not start");
}

function mails(now, picture) {
  const date = (hoursAgo) => new Date(now - hoursAgo * 3_600_000).toUTCString().replace("GMT", "+0000");
  const from = `${correspondent.name} <${correspondent.address}>`;
  return [
    `From: ${from}
To: Anna Berg <anna@mail.test>
Subject: Termin am Donnerstag
Date: ${date(5)}
Message-ID: <termin-1@klinik.test>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Liebe Frau Berg,

passt Ihnen der Termin am Donnerstag um 14:30 Uhr? Bitte schicken Sie mir
vorher noch den Befund.

Herzliche Grüße
Miriam Hoffmann
-- 
Klinik Nord
Innere Medizin
`,
    `From: Stadtwerke <service@stadtwerke.test>
To: anna@mail.test
Subject: =?utf-8?Q?Ihre_Rechnung_f=C3=BCr_April?=
Date: ${date(28)}
Message-ID: <rechnung-7@stadtwerke.test>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><h1 style="color:#b0552a">Ihre Rechnung</h1><p>Der Betrag von <b>48,20 €</b> wird am 15. abgebucht.</p><img alt="Logo der Stadtwerke" src="${picture}"></body></html>
`,
  ];
}
