"""Whether the test can fail: pages that misbehave, each in its own way, are caught, and the failure names the way."""

import asyncio
import contextlib
import fcntl
import http.server
import os
import socket
import struct
import subprocess
import sys
import threading
import unittest

from .chromium import chromium, command, descendants, kill
from .failure import CannotTest, Failure
from .network import Network
from .opening import judged

PAGES = {
    "/quiet": "<p>nothing",
    "/says": "<script>console.error('it hurts')</script>",
    "/throws": "<script>setTimeout(() => { throw new Error('uncaught here') })</script>",
    "/allowed": "<script>Promise.reject('Window name candidate \"null\" already exists')</script>",
    "/misses": "<script src=nowhere.js></script>",
    # As a runaway page does: busy all the time, growing, never back to its event loop.
    "/runs": "<script>setTimeout(() => { const all = []; for (;;) all.push(new Array(1000).fill(all.length)) }, 200)</script>",
}
LIMIT = 300 * 2**20


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the pages."""

    def do_GET(self):
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        # Without an icon of its own the page would ask for one, which is missing.
        self.wfile.write(b"<link rel=icon href=data:,>" + (page or "").encode())

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def pages():
    """Serves them; gives the address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def browsers():
    """The processes of browsers that this one has started."""
    return [pid for pid in descendants(os.getpid()) if "/chromium" in command(pid)]


async def visit(path, then=None):
    """Stays on a page for two seconds, or until what is awaited there."""
    with pages() as address:
        async with chromium(limit=LIMIT) as browser:

            async def work():
                page = await browser.context.new_page()
                await page.goto(address + path, wait_until="commit")
                await (then(page) if then else page.wait_for_timeout(2000))

            await judged(browser, work())


class Caught(unittest.IsolatedAsyncioTestCase):
    """Each page gets the verdict that it deserves."""

    async def asyncSetUp(self):
        # unittest turns it on; it tells how long each step of the loop took.
        asyncio.get_running_loop().set_debug(False)

    async def fails(self, text, *arguments):
        with self.assertRaisesRegex(Failure, text):
            await visit(*arguments)

    async def asyncTearDown(self):
        self.assertEqual(browsers(), [], "a browser is left")

    async def test_quiet(self):
        await visit("/quiet")

    async def test_error_in_the_console(self):
        await self.fails("it hurts", "/says")

    async def test_uncaught(self):
        await self.fails("uncaught here", "/throws")

    async def test_known_and_harmless(self):
        await visit("/allowed")

    async def test_missing_file(self):
        await self.fails(r"404.*nowhere\.js", "/misses")

    async def test_runaway(self):
        # The page never answers again; the deadline is the watching's alone.
        await asyncio.wait_for(
            self.fails("300 MB: it runs away", "/runs", lambda page: page.wait_for_selector("#never", timeout=0)), 60
        )

    async def test_death_of_the_browser(self):
        async def killed(page):
            for pid in browsers():
                if "--type=" not in command(pid):
                    kill(pid)
            await page.wait_for_selector("#never", timeout=0)

        await self.fails("Chromium died", "/quiet", killed)

    async def test_death_of_the_page(self):
        async def killed(page):
            for pid in browsers():
                if "--type=renderer" in command(pid):
                    kill(pid)
            await page.wait_for_selector("#never", timeout=0)

        await self.fails("a page of Chromium died", "/quiet", killed)


class Changes(unittest.IsolatedAsyncioTestCase):
    """The kernel's own messages are read; run in a network of its own."""

    async def test_nothing(self):
        with Network() as network:
            await network.still(quiet=0.1, within=1)
            self.assertEqual(network.changed(), [])

    async def test_seen_and_waited_for(self):
        loop = asyncio.get_running_loop()
        with Network() as network:
            await network.still(quiet=0.1, within=1)
            self.up()
            self.assertIn("address of lo", network.changed())
            self.up(False)
            begun = loop.time()
            loop.call_later(0.3, self.up)
            await network.still(quiet=1, within=20)
            self.assertGreaterEqual(loop.time() - begun, 1.3)
            self.assertEqual(network.changed(), [], "what changed before is forgotten")

    async def test_never_still(self):
        async def restless():
            while True:
                self.up()
                self.up(False)
                await asyncio.sleep(0.05)

        with Network() as network:
            task = asyncio.ensure_future(restless())
            with self.assertRaisesRegex(CannotTest, "did not stand still within 1 s; last: .* of lo"):
                await network.still(quiet=0.5, within=1)
            task.cancel()

    def up(self, up=True):
        with socket.socket() as any_socket:
            # SIOCSIFFLAGS with a struct ifreq; IFF_UP
            fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", int(up)))


def main():
    """The exit status."""
    alone = [sys.executable, "-m", "unittest", "--verbose", f"{__name__}.{Changes.__name__}"]
    # As an ordinary user, too, a network of one's own comes with a user namespace.
    changes = subprocess.run(["unshare", "--user", "--map-root-user", "--net", *alone], check=False)
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Caught)
    return int(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful() or changes.returncode != 0)
