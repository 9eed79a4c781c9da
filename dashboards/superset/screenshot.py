"""Take a picture of the dashboard as a person sees it: log in with headless Chromium, wait for the charts, keep a PNG.

Run with the Python of Superset's own environment, while the server runs: screenshot.py OUT.png. Prints, as JSON, what
the page says and what Superset answered to each chart, for whoever wants to check it.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlparse

import websocket
from PIL import Image
from serve import ADDRESS, STATE, USER

WIDTH, HEIGHT = 1500, 2850
LONGEST_WAIT = 120  # seconds
CHARTS_READY = """
(() => {
    const charts = document.querySelectorAll('.dashboard-component-chart-holder').length;
    const drawn = document.querySelectorAll('.slice_container canvas, .slice_container table').length;
    return charts > 0 && drawn >= charts && document.querySelectorAll('.loading').length === 0;
})()
"""


class Page:
    """A page of headless Chromium, driven through its own protocol."""

    def __init__(self, address: str) -> None:
        """Take hold of the page whose debugging address this is."""
        self.socket = websocket.create_connection(address, timeout=LONGEST_WAIT, suppress_origin=True)
        self.sent = 0
        self.answered: list[tuple[str, str]] = []  # request and address of each answer to a chart

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return what Chromium answers to one command."""
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "Network.responseReceived":
                self._note(answer["params"])
            if answer.get("id") == self.sent:
                if "error" in answer:
                    sys.exit(f"Chromium: {method}: {answer['error']['message']}")
                return answer["result"]

    def _note(self, event: dict[str, Any]) -> None:
        if "/api/v1/chart/data" in event["response"]["url"]:
            self.answered.append((event["requestId"], event["response"]["url"]))

    def answers(self) -> dict[int, Any]:
        """Return the last answer to each chart, by the chart's number."""
        found = {}
        for request, address in self.answered:
            form = json.loads(parse_qs(urlparse(address).query).get("form_data", ["{}"])[0])
            if "slice_id" in form:  # the choices of a filter are asked for in the same way
                found[form["slice_id"]] = json.loads(self.call("Network.getResponseBody", requestId=request)["body"])
        return found

    def value(self, script: str) -> Any:
        """Return the value of a piece of JavaScript."""
        return self.call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def go(self, url: str, ready: str) -> None:
        """Open an address and wait until ``ready`` is true there."""
        self.call("Page.navigate", url=url)
        self.wait(ready)

    def wait(self, ready: str) -> None:
        """Wait until a piece of JavaScript is true."""
        until = time.monotonic() + LONGEST_WAIT
        while not self.value(ready):
            if time.monotonic() > until:
                sys.exit(f"The page did not get ready: {self.value('document.body.innerText')}")
            time.sleep(0.3)


def main(out: Path) -> None:
    """Log in, open the dashboard and write its picture to ``out``."""
    chromium = shutil.which("chromium") or sys.exit("Chromium is not on this machine.")
    with tempfile.TemporaryDirectory() as profile:
        browser = subprocess.Popen(
            [
                *(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio"),
                *("--disable-background-networking", "--disable-component-update", "--no-first-run"),
                *(f"--window-size={WIDTH},{HEIGHT}", f"--user-data-dir={profile}", "--remote-debugging-port=0"),
                "about:blank",
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            page = Page(_page_address(Path(profile) / "DevToolsActivePort"))
            _log_in(page)
            page.call("Network.enable")
            page.go(f"{ADDRESS}/superset/dashboard/year-on-year/?standalone=0", CHARTS_READY)
            time.sleep(2)  # the charts draw themselves in over a second
            picture = base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"])
            # A page has few colours: with 256 of them the file is a third as large.
            Image.open(BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(out, optimize=True)
            print(json.dumps({"text": page.value("document.body.innerText"), "answers": page.answers()}))
        finally:
            browser.terminate()
            browser.wait()


def _page_address(written: Path) -> str:
    until = time.monotonic() + LONGEST_WAIT
    while not written.exists() or not written.read_text().count("\n"):
        if time.monotonic() > until:
            sys.exit("Chromium did not start.")
        time.sleep(0.1)
    port = written.read_text().splitlines()[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/json") as answer:
        return next(tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page")


def _log_in(page: Page) -> None:
    """Log in as a browser's form does, and give the page the session: its own form listens only after a while."""
    cookies = CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))
    form = opener.open(f"{ADDRESS}/login/").read().decode("utf-8")
    fields = {
        "username": USER,
        "password": (STATE / "password").read_text(encoding="utf-8"),
        "csrf_token": re.search(r'id="csrf_token"\s+value="([^"]+)"', form)[1],
    }
    opener.open(f"{ADDRESS}/login/", urlencode(fields).encode())
    for cookie in cookies:
        page.call("Network.setCookie", name=cookie.name, value=cookie.value, url=ADDRESS)


if __name__ == "__main__":
    os.umask(0o077)
    main(Path(sys.argv[1]))
