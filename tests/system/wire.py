# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of an event from the broker to the wire, with the time it takes: for system tests and the benchmark."""

import json
import random
import socket
import struct
import threading
import time

from response import event

START_S = 1768381200  # 2026-01-14T10:00:00+01:00, where the area's clock begins
JUNK = 10_000


def mono_ms():
    return time.clock_gettime(time.CLOCK_BOOTTIME) * 1000


class Publisher:
    """MQTT 3.1.1 down to the socket: nothing of a client's own queues is measured."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = b"bench-%d" % random.getrandbits(40)
        body = b"\x00\x04MQTT\x04\x02\x00\x00" + struct.pack(">H", len(name)) + name
        self.socket.sendall(bytes([0x10, len(body)]) + body)
        assert self.socket.recv(4)[3] == 0

    @staticmethod
    def packet(payload, topic):
        body = struct.pack(">H", len(topic)) + topic.encode() + payload
        length, size = b"", len(body)
        while True:
            size, low = size >> 7, size & 127
            length += bytes([low | (0x80 if size else 0)])
            if not size:
                return b"\x30" + length + body

    def send(self, data):
        self.socket.sendall(data)


class Wire:
    """The battery's setpoints as its Modbus server gets them."""

    def __init__(self, area, device="b1_converter"):
        self.device = device
        self.writes = []
        self.changed = threading.Condition()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(area.folder / "plant.sock"))
        self.lines = self.socket.makefile("rw")
        self.lines.write("trace on\n")
        self.lines.flush()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.lines:
            told = json.loads(line)
            if told.get("event") == "write" and told["device"] == self.device and told["setpoint_w"] is not None:
                with self.changed:
                    self.writes.append((told["mono_ms"], told["setpoint_w"]))
                    self.changed.notify_all()

    def await_setpoint(self, wanted, since, deadline_s=20):
        """When the first setpoint that `wanted` takes was written, or None."""
        with self.changed:
            for _ in range(int(deadline_s * 50)):
                for at, setpoint_w in self.writes[since:]:
                    if wanted(setpoint_w):
                        return at
                self.changed.wait(0.02)
        return None


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Way:
    """Events for the office block that alternate its limit, so that each changes the battery's setpoint."""

    def __init__(self, area, signer):
        self.area, self.signer = area, signer
        self.publisher, self.wire = Publisher(area.mqtt_port), Wire(area)
        self.topic = f"aems/{signer.area}/dr/event"
        self.began = time.monotonic()
        self.limit_kw = 600

    def close(self):
        self.publisher.socket.close()
        self.wire.socket.shutdown(socket.SHUT_RDWR)
        self.wire.lines.close()
        self.wire.socket.close()

    def now_s(self):
        return START_S + time.monotonic() - self.began

    def message(self, limit_kw):
        return self.signer.sign(self.now_s(), event("bench", START_S - 60, "PT6H", values=[limit_kw]))

    def next_limit(self):
        self.limit_kw = 600 if self.limit_kw == 500 else 500
        # 900 kW of load: the battery carries 300 or 400 kW, less what the plant on the roof gives
        return self.limit_kw, (lambda w: w > 330e3) if self.limit_kw == 500 else (lambda w: 0 < w < 330e3)

    def one(self, junk=b""):
        limit_kw, wanted = self.next_limit()
        packet = self.publisher.packet(self.message(limit_kw), self.topic)
        since = len(self.wire.writes)
        if junk:
            self.publisher.send(junk)
        sent = mono_ms()
        self.publisher.send(packet)
        at = self.wire.await_setpoint(wanted, since)
        assert at is not None, f"no setpoint for a limit of {limit_kw} kW\n{self.area.daemon.text()[-3000:]}"
        return max(at - sent, 0)

    def latencies(self, count):
        times = []
        for _ in range(count):
            times.append(self.one())
            time.sleep(random.uniform(0.05, 0.1))
        return times

    def floods(self):
        """The time of a good event right behind 10,000 others, by what these are."""
        stranger = type(self.signer)("stranger")
        bare = json.dumps(event("junk", START_S - 60)).encode()
        replayed = self.message(1)
        self.signer.sequence += 100_000
        kinds = {
            "no JSON": [b"{" * 300],
            "not signed": [bare],
            "unknown key": [stranger.sign(self.now_s(), bare)],
            "replayed": [replayed],
        }
        # A forgery that claims a sequence number yet to come looks right but for its signature.
        head = self.signer.sign(self.now_s(), bare, seq=self.signer.sequence + 50_000)
        kinds["forged"] = [head[:-30] + (b"%020d" % n) + head[-10:] for n in range(JUNK)]
        times = {}
        for kind, messages in kinds.items():
            time.sleep(2)
            burst = b"".join(self.publisher.packet(messages[n % len(messages)], self.topic) for n in range(JUNK))
            times[kind] = self.one(burst)
        return times
