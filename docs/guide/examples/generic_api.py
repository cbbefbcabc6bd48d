#!/usr/bin/env python3
"""A client of Unisono's generic API, with nothing but Python's own library.

    generic_api.py send HOOK SECRET CHAT NAME TEXT    a person writes into a chat
    generic_api.py listen PORT SECRET                 takes what we answer, one JSON line each

The form of the messages is described in ../generic-api.md.
"""

import base64
import hashlib
import hmac
import http.server
import json
import sys
import time
import urllib.request
import uuid


def signature(secret: str, message_id: str, seconds: str, body: bytes) -> str:
    """Standard Webhooks: HMAC-SHA-256 over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def send(hook: str, secret: str, chat: str, name: str, text: str) -> None:
    """Posts one message. Sent again with the same id, it changes nothing."""
    message_id = f"msg_{uuid.uuid4()}"
    event = {
        "type": "message",
        "id": message_id,
        "at": int(time.time() * 1000),
        "chat": {"id": chat},
        "sender": {"id": chat, "name": name},
        "text": text,
    }
    body = json.dumps(event).encode()
    seconds = str(int(time.time()))
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": signature(secret, message_id, seconds, body),
    }
    with urllib.request.urlopen(urllib.request.Request(hook, body, headers), timeout=30) as answer:
        print(answer.status)


def listen(port: int, secret: str) -> None:
    """Prints every event once, however often it comes."""
    seen = set()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            message_id, seconds = self.headers["webhook-id"], self.headers["webhook-timestamp"]
            expected = signature(secret, message_id, seconds, body)
            given = self.headers["webhook-signature"].split(" ")
            fresh = abs(time.time() - int(seconds)) < 300
            if not fresh or not any(hmac.compare_digest(expected, one) for one in given):
                self.send_error(401)
                return
            if message_id not in seen:
                seen.add(message_id)
                print(body.decode(), flush=True)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", port), Handler)
    print(json.dumps({"listening": server.server_port}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["send", hook, secret, chat, name, text]:
            send(hook, secret, chat, name, text)
        case ["listen", port, secret]:
            listen(int(port), secret)
        case _:
            sys.exit(__doc__)
