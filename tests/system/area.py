# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole area for a test: a real broker, the simulated area's real Modbus servers and the real daemon.

Everything is started here on free loopback ports in a private folder, and ended by its process id.

    with Area(CONFIGURATION) as area:
        area.start_daemon()
        area.until(lambda: area.status()["mode"] == "plan")
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import paho.mqtt.client as mqtt

SOURCE = pathlib.Path(os.environ["AEMS_SOURCE"])
BUILD = pathlib.Path(os.environ["AEMS_BUILD"])

AEMSD = BUILD / "daemon/aemsd"
AEMSCTL = BUILD / "daemon/ctl/aemsctl"
PLANNER = BUILD / "daemon/planner/aems-planner"
PLANT = BUILD / "tests/plant/aems-plant"
PROFILES = SOURCE / "config/devices"

DEADLINE_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, deadline_s=DEADLINE_S, what="condition", pause_s=0.02):
    """Waits for an event with a deadline; returns the condition's first true value."""
    end = time.monotonic() + deadline_s
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (OSError, ValueError, KeyError) as error:
            last = error
        time.sleep(pause_s)
    raise AssertionError(f"{what}: not within {deadline_s} s (last: {last!r})")


class Process:
    """A child that is ended by its id, with its output in a file."""

    def __init__(self, name, folder, arguments, environment=None):
        self.log = folder / f"{name}.log"
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env={**os.environ, **(environment or {})}, start_new_session=True)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def end(self, number=signal.SIGTERM, deadline_s=10):
        if self.running():
            self.child.send_signal(signal.SIGCONT)
            self.child.send_signal(number)
        try:
            return self.child.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise


class Listener:
    """Subscribes to everything and remembers each message with its time of arrival."""

    def __init__(self, port):
        self.lock = threading.Lock()
        self.messages = []
        self.subscribed = threading.Event()
        self.client = mqtt.Client()
        self.client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = self._remember
        self.client.reconnect_delay_set(1, 1)
        self.client.connect_async("127.0.0.1", port)
        self.client.loop_start()

    def _remember(self, _client, _user, message):
        with self.lock:
            self.messages.append((time.monotonic(), message.topic, message.payload, message.retain))

    def of(self, topic):
        with self.lock:
            return [(at, payload) for at, name, payload, _ in self.messages if name == topic]

    def last(self, topic):
        found = self.of(topic)
        return found[-1][1] if found else None

    def publish(self, topic, payload, retain=False):
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


class Area:
    def __init__(self, configuration, speed=1, start="2026-01-14T10:00:00+01:00", with_broker=True, overlay=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        self.configuration = configuration
        self.speed, self.start = speed, start
        self.with_broker = with_broker
        self.overlay = overlay
        self.broker = self.plant = self.daemon = self.listener = None
        self.plant_socket = None
        self.id = None

    # ---- starting and ending ----

    def __enter__(self):
        try:
            self._write_area()
            if self.with_broker:
                self.mqtt_port = free_port()
                self.start_broker()
                self.listener = Listener(self.mqtt_port)
                assert self.listener.subscribed.wait(10), "the listener could not subscribe"
            self._start_plant()
            self._write_daemon_configuration()
            return self
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def __exit__(self, kind, _value, _trace):
        if kind is not None and self.daemon:
            print("---- aemsd ----\n" + self.daemon.text()[-6000:])
        if self.listener:
            self.listener.close()
        for process in (self.daemon, self.plant, self.broker):
            if process:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.end()
        if self.plant_socket:
            self.plant_socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_area(self):
        if isinstance(self.configuration, pathlib.Path):
            first = f"include: [{self.configuration}]\n"
        else:
            (self.folder / "place.yaml").write_text(self.configuration)
            first = f"include: [{self.folder}/place.yaml]\n"
        (self.folder / "area.yaml").write_text(first + f"simulation: {{speed: {self.speed}, start: {self.start}}}\n")

    def _write_daemon_configuration(self, more=""):
        mqtt_part = (f"mqtt: {{enabled: true, host: 127.0.0.1, port: {self.mqtt_port}}}\n" if self.with_broker
                     else "mqtt: {enabled: false}\n")
        self.main = self.folder / "aemsd.yaml"
        self.main.write_text(f"include: [{self.folder}/area.yaml, {self.folder}/ports.yaml]\n{mqtt_part}"
                             f"state: {{directory: {self.folder}/state}}\n" + self.overlay + more)

    def start_broker(self):
        conf = self.folder / "mosquitto.conf"
        conf.write_text(f"listener {self.mqtt_port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
                        "max_queued_messages 0\n")  # what is lost in a flood is then not the broker's doing
        self.broker = Process("mosquitto", self.folder, ["mosquitto", "-c", conf])
        until(lambda: socket.create_connection(("127.0.0.1", self.mqtt_port), 1).close() or True, what="broker")

    def _start_plant(self):
        self.plant = Process("plant", self.folder, [
            PLANT, "-c", self.folder / "area.yaml", "--free-ports", self.folder / "ports.yaml", "--profiles", PROFILES,
            "--control", self.folder / "plant.sock", "--seed", "1"])
        until(lambda: "ready\n" in self.plant.text().replace("\r", ""), what="aems-plant")
        self.plant_socket = socket.socket(socket.AF_UNIX)
        until(lambda: self.plant_socket.connect(str(self.folder / "plant.sock")) is None, what="the plant's socket")
        self.plant_lines = self.plant_socket.makefile("rw")

    def start_daemon(self, environment=None, wait=True):
        self.control_socket = self.folder / "control.sock"
        self.daemon = Process("aemsd", self.folder, [
            AEMSD, "-c", self.main, "--profiles", PROFILES, "--planner", PLANNER],
            {"RUNTIME_DIRECTORY": str(self.folder), **(environment or {})})
        if wait:
            until(self.status, what="the daemon's first status")

    # ---- asking and telling ----

    def tell(self, line):
        """One line to the simulated area; returns its answer as JSON."""
        self.plant_lines.write(line + "\n")
        self.plant_lines.flush()
        answer = json.loads(self.plant_lines.readline())
        assert "error" not in answer, f"{line}: {answer}"
        return answer

    def truth(self):
        return self.tell("get")

    def ctl(self, *arguments):
        return subprocess.run([str(AEMSCTL), "--socket", str(self.control_socket), *arguments], capture_output=True,
                              text=True, timeout=20)

    def status(self):
        """The object that `aemsctl status --json` prints: mode, assets, grids, alarms, daemon."""
        done = self.ctl("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_for_plan(self):
        return until(lambda: (self.status() or {}).get("mode") == "plan", what="a plan in force")

    def planner_pid(self):
        children = pathlib.Path(f"/proc/{self.daemon.child.pid}/task/{self.daemon.child.pid}/children").read_text()
        for pid in children.split():
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("aems-planner"):
                    return int(pid)
        return None
