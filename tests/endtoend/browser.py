"""A headless Chromium, driven through chromedriver (W3C WebDriver) by the standard library alone."""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {"enter": "\ue007", "tab": "\ue004", "space": " ", "left": "\ue012", "right": "\ue014",
        "up": "\ue013", "down": "\ue015", "escape": "\ue00c", "end": "\ue010", "home": "\ue011"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def chromium():
    """Paths of Chromium and its driver, or None where one of them is not installed."""
    found = shutil.which("chromium"), shutil.which("chromedriver")
    return found if all(found) else None


class Browser:
    """One window. Nothing but 127.0.0.1 and files can be reached from it."""

    def __init__(self, width=1366, height=860, dark=False):
        binary, driver = chromium()
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen([driver, f"--port={port}"], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL,
                                       env={**os.environ, "HOME": self.profile.name})
        self.base = f"http://127.0.0.1:{port}"
        arguments = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
                     "--disable-background-networking", "--no-first-run", "--force-prefers-reduced-motion",
                     f"--user-data-dir={self.profile.name}/profile",
                     f"--window-size={width},{height}",
                     "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        wanted = {"browserName": "chrome",
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                  "goog:chromeOptions": {"binary": binary, "args": arguments}}
        self._wait_for_driver()
        answer = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"/session/{answer['sessionId']}"

    def _wait_for_driver(self):
        for _ in range(300):
            try:
                self._send("GET", "/status")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def _post(self, path, body=None):
        return self._send("POST", self.session + path, body or {})

    def open(self, target):
        """A file or an address; waits until the page has loaded."""
        address = target.as_uri() if isinstance(target, pathlib.Path) else target
        self._post("/url", {"url": address})

    def run(self, script, *arguments):
        """What a script's `return` gives."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, seconds=20):
        """Until a JavaScript expression holds; gives its value."""
        for _ in range(int(seconds * 10)):
            value = self.run(f"return {condition};")
            if value:
                return value
            time.sleep(0.1)
        raise AssertionError(f"never came true: {condition}")

    def find(self, selector):
        return self._post("/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        self._post(f"/element/{self.find(selector)}/click")

    def press(self, *keys):
        """Keys of KEYS or characters, to whatever has the focus."""
        strokes = [{"type": kind, "value": KEYS.get(key, key)} for key in keys
                   for kind in ("keyDown", "keyUp")]
        self._post("/actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def drag(self, selector, begin, end):
        """With the left button, between two places given as offsets from the element's middle."""
        origin = {ELEMENT: self.find(selector)}
        moves = [{"type": "pointerMove", "origin": origin, "x": begin[0], "y": begin[1]},
                 {"type": "pointerDown", "button": 0},
                 {"type": "pointerMove", "origin": origin, "x": end[0], "y": end[1], "duration": 50},
                 {"type": "pointerUp", "button": 0}]
        self._post("/actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": moves}]})

    def command(self, name, **parameters):
        """A command of the DevTools protocol."""
        return self._post("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def messages(self):
        """What the console was told since the last call, other than plain information."""
        return [f"{entry['level']}: {entry['message']}" for entry in
                self._post("/se/log", {"type": "browser"})
                if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """Addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"]
                  for entry in self._post("/se/log", {"type": "performance"})]
        return [event["params"]["request"]["url"] for event in events
                if event["method"] == "Network.requestWillBeSent"]

    def screenshot(self, file, whole=False):
        options = {"captureBeyondViewport": True} if whole else {}
        if whole:
            size = self.command("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {**size, "scale": 1}
        picture = self.command("Page.captureScreenshot", format="png", **options)["data"]
        pathlib.Path(file).write_bytes(base64.b64decode(picture))

    def close(self):
        try:
            self._send("DELETE", self.session)
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.profile.cleanup()
