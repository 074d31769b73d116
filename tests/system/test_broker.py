#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example broker of config/mosquitto, with real certificates: what each role may say and hear, and may not."""

import pathlib
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

import paho.mqtt.client as mqtt

from area import SOURCE, Process, free_port, until

EXAMPLE = SOURCE / "config/mosquitto"
ROLES = ["aems", "operator", "grid", "prices", "weather", "viewer", "tower"]

COMMANDS = ["aems/block/command/b1", "aems/block/command/outage"]
RESPONSE = ["aems/block/dr/event", "aems/block/dr/heartbeat"]
WARNING = ["aems/block/outage/warning"]
PRICES, WEATHER = ["aems/block/price/flat"], ["aems/block/weather"]
ANSWERS = ["aems/block/dr/event/e1/status", "aems/block/dr/capability", "aems/block/dr/report/e1"]
TOWER = ["aems/block/building/tower/signal", "aems/block/building/tower/advice"]
OTHER = ["aems/block/building/annex/signal", "aems/block/building/annex/advice", "aems/block/building/annex/reply"]
REPLY = ["aems/block/building/tower/reply"]
STATE = ["aems/block/status", "aems/block/state", "aems/block/asset/b1/state", "aems/block/alarm/planner",
         "aems/block/outage", "aems/block/outage/journal"]
EVERYTHING = COMMANDS + RESPONSE + WARNING + PRICES + WEATHER + ANSWERS + TOWER + OTHER + REPLY + STATE

MAY_SAY = {"aems": EVERYTHING, "operator": COMMANDS, "grid": RESPONSE + WARNING, "prices": PRICES, "weather": WEATHER,
           "viewer": [], "tower": REPLY}
MAY_HEAR = {"aems": EVERYTHING, "operator": EVERYTHING, "grid": ANSWERS + STATE[:1], "prices": [], "weather": [],
            "viewer": EVERYTHING, "tower": TOWER}


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_authority(folder, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt", folder=folder)


def make_certificate(folder, authority, name, alternative=None):
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{authority}-{name}.key", "-out", f"{name}.csr", folder=folder)
    extra = []
    if alternative:
        (folder / "alternative.cnf").write_text(f"subjectAltName={alternative}\n")
        extra = ["-extfile", "alternative.cnf"]
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "2", "-out", f"{authority}-{name}.crt", *extra, folder=folder)


class Client:
    """One role; remembers what it hears."""

    def __init__(self, folder, port, name):
        self.heard = []
        self.lock = threading.Lock()
        self.subscribed = threading.Event()
        self.client = mqtt.Client()
        self.client.tls_set(str(folder / "ca.crt"), str(folder / f"ca-{name}.crt"), str(folder / f"ca-{name}.key"))
        self.client.on_message = self._remember
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_connect = lambda client, _user, _flags, code: code == 0 and client.subscribe("#", 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _remember(self, _client, _user, message):
        with self.lock:
            self.heard.append((message.topic, message.payload))

    def topics(self, payload):
        with self.lock:
            return {topic for topic, told in self.heard if told == payload}

    def say(self, topic, payload):
        self.client.publish(topic, payload, qos=1).wait_for_publish(10)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Broker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        for authority in ("ca", "other"):
            make_authority(cls.folder, authority)
        make_certificate(cls.folder, "ca", "broker", "IP:127.0.0.1")
        for role in ROLES:
            make_certificate(cls.folder, "ca", role)
        make_certificate(cls.folder, "other", "aems")
        cls.port, cls.local = free_port(), free_port()
        text = (EXAMPLE / "aems.conf").read_text()
        for former, present in (("/etc/mosquitto/certs/ca.crt", "ca.crt"),
                                ("/etc/mosquitto/certs/broker.crt", "ca-broker.crt"),
                                ("/etc/mosquitto/certs/broker.key", "ca-broker.key"),
                                ("/etc/mosquitto/aems.passwd", "aems.passwd")):
            assert former in text, former
            text = text.replace(former, str(cls.folder / present))
        text = text.replace("/etc/mosquitto/aems.acl", str(EXAMPLE / "aems.acl"))
        text = text.replace("listener 1883 ", f"listener {cls.local} ").replace(
            "listener 8883", f"listener {cls.port} 127.0.0.1")
        text = text.replace("persistence true", "persistence false")
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(cls.folder / "aems.passwd"), "aems", "secret"], check=True,
                       capture_output=True)
        # Started as root it would drop to a user that cannot read this folder.
        (cls.folder / "mosquitto.conf").write_text("user root\n" + text)
        cls.broker = Process("mosquitto", cls.folder, ["mosquitto", "-c", cls.folder / "mosquitto.conf"])
        cls.addClassCleanup(cls.broker.end)
        until(lambda: socket.create_connection(("127.0.0.1", cls.port), 1).close() or True, what="broker")

    def client(self, name):
        client = Client(self.folder, self.port, name)
        self.addCleanup(client.close)
        self.assertTrue(client.subscribed.wait(10), f"{name} could not subscribe\n{self.broker.text()[-2000:]}")
        return client

    def test_each_role_says_what_it_may_and_nothing_else(self):
        controller = self.client("aems")
        for role in ROLES:
            speaker = self.client(role)
            payload = f"said by {role}".encode()
            for topic in EVERYTHING:
                speaker.say(topic, payload)
            controller.say("aems/block/end", payload)
            until(lambda: "aems/block/end" in controller.topics(payload), what="the last message")
            self.assertEqual(controller.topics(payload) - {"aems/block/end"}, set(MAY_SAY[role]), role)

    def test_each_role_hears_what_it_may_and_nothing_else(self):
        controller = self.client("aems")
        listeners = {role: self.client(role) for role in ROLES}
        for topic in EVERYTHING:
            controller.say(topic, b"told")
        until(lambda: len(controller.topics(b"told")) == len(EVERYTHING), what="all messages")
        for role, listener in listeners.items():
            wanted = set(MAY_HEAR[role])
            until(lambda: len(listener.topics(b"told")) >= len(wanted), what=f"what {role} may hear")
        for role, listener in listeners.items():
            self.assertEqual(listener.topics(b"told"), set(MAY_HEAR[role]), role)

    def test_without_a_certificate_of_this_area_nobody_comes_in(self):
        for own in (None, "other-aems", "ca-aems"):
            context = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
            if own:
                context.load_cert_chain(self.folder / f"{own}.crt", self.folder / f"{own}.key")
            with self.subTest(own=own), socket.create_connection(("127.0.0.1", self.port), 10) as plain:
                try:
                    with context.wrap_socket(plain, server_hostname="127.0.0.1") as secure:
                        secure.sendall(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02me")
                        answer = secure.recv(4)
                except (ssl.SSLError, ConnectionError):
                    answer = b""
                self.assertEqual(answer, b"\x20\x02\x00\x00" if own == "ca-aems" else b"")

    def test_on_the_gateway_a_name_needs_its_password(self):
        for password, admitted in (("secret", True), ("wrong", False), (None, False)):
            code = []
            client = mqtt.Client()
            if password:
                client.username_pw_set("aems", password)
            client.on_connect = lambda _client, _user, _flags, rc: code.append(rc)
            client.connect("127.0.0.1", self.local)
            client.loop_start()
            until(lambda: code, what="the broker's answer")
            client.disconnect()
            client.loop_stop()
            self.assertEqual(code[0] == 0, admitted, password)


if __name__ == "__main__":
    unittest.main(verbosity=2)
