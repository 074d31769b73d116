# SPDX-License-Identifier: GPL-3.0-or-later
"""What a grid operator has: a key, signed messages, events. Signs by libsodium itself, not by the code under test."""

import base64
import ctypes
import ctypes.util
import datetime
import json

SODIUM = ctypes.CDLL(ctypes.util.find_library("sodium") or "libsodium.so.23")
BINDING = ["area", "topic", "seq", "iat", "exp"]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def rfc3339(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    """A key and the sequence of its sender."""

    def __init__(self, kid, seed=b"", area="block"):
        self.kid, self.area, self.sequence = kid, area, 0
        self.public_key, self.secret_key = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        SODIUM.crypto_sign_seed_keypair(self.public_key, self.secret_key, (seed or kid.encode()).ljust(32, b"\0"))

    def public(self):
        return base64url(self.public_key.raw)

    def signature(self, text):
        made = ctypes.create_string_buffer(64)
        data = text.encode()
        SODIUM.crypto_sign_detached(made, None, data, ctypes.c_ulonglong(len(data)), self.secret_key)
        return base64url(made.raw)

    def sign(self, now_s, payload, topic="dr/event", life_s=600, **other):
        """`other` replaces what the header says: seq, kid, alg, area, ..."""
        self.sequence += 1
        header = {"alg": "EdDSA", "kid": self.kid, "crit": BINDING, "area": self.area, "topic": topic,
                  "seq": self.sequence, "iat": int(now_s), "exp": int(now_s) + life_s, **other}
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signed = base64url(json.dumps(header).encode()) + "." + base64url(body)
        return (signed + "." + self.signature(signed)).encode()


def event(identifier, start_s, duration="PT1H", kind="IMPORT_CAPACITY_LIMIT", values=(500,), **other):
    """An OpenADR event of one interval; powers in kW."""
    return {"id": identifier, "objectType": "EVENT", "programID": "p", "eventName": identifier,
            "intervalPeriod": {"start": rfc3339(start_s), "duration": duration},
            "intervals": [{"id": 0, "payloads": [{"type": kind, "values": list(values)}]}], **other}


def withdrawal(identifier):
    return {"objectType": "EVENT", "operation": "DELETE", "object": {"id": identifier}}


def configuration(*signers, options=None, more="", keep="instant", sender="utility"):
    """`options` of single keys by their name, such as "revoked: true"."""
    keys = ", ".join(f"{s.kid}: {{public_key: {s.public()}, {(options or {}).get(s.kid, '')}}}".replace(", }", "}")
                     for s in signers)
    return f"demand_response: {{enabled: true, keep: {keep}, {more}senders: {{{sender}: {{keys: {{{keys}}}}}}}}}\n"
