"""Openings of an image, one after another, and what is known of them afterwards."""

import contextlib
import os
import re
import statistics
import time

from playwright.async_api import Error as PlaywrightError

from .chromium import chromium, unless_ended
from .container import docker, need_image, serving
from .failure import Failure
from .network import Network
from .steps import use

LOGS = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "target", "test-logs"))
SCREENSHOT = 10_000  # milliseconds
LINES = 6  # of what Playwright says when it waited in vain; the page's whole tree comes after them


class Result:
    """How the openings of one image went."""

    def __init__(self, image):
        self.image = image
        self.count = 0
        self.failed = 0
        self.seconds = []
        self.memory = []

    def row(self):
        """A row of the table."""
        seconds = f"{statistics.median(self.seconds):9.1f} {max(self.seconds):9.1f}" if self.seconds else f"{'-':>9} {'-':>9}"
        return f"{self.image:28} {self.count:8} {self.failed:6} {seconds} {max(self.memory, default=0) >> 20:9}"


HEADING = f"{'image':28} openings failed {'median s':>9} {'max s':>9} {'max MB':>9}"


async def judged(browser, work):
    """Does the work in the browser. What went wrong, or was said to the console, is a failure that tells both."""
    text = ""
    try:
        await unless_ended(browser, work)
    except (Failure, PlaywrightError, AssertionError) as error:
        text = "\n".join(str(error).strip().split("\n")[:LINES])
    said = browser.console.summary()
    if text or said:
        raise Failure("\n".join(part for part in (text, said and f"errors in the console:\n{said}") if part))


async def opening(image, number, only, result):
    """One opening, in a fresh container and a fresh browser."""
    with Network() as network:
        async with serving(image) as (container, address):
            await network.still()
            try:
                return await in_browser(image, address, number, only, result)
            except Failure as failure:
                lines = [str(failure), f"    what the server said: {await kept_log(container)}"]
                if changed := network.changed():
                    lines.append(f"    the network of this machine changed meanwhile: {', '.join(changed)}")
                raise Failure("\n".join(lines)) from None


async def kept_log(container):
    """The file that a container's log is kept in, or why there is none: the failure that led here is what counts."""
    path = os.path.join(LOGS, f"{container}.log")
    try:
        log = await docker("logs", container, both=True)
    except Failure as failure:
        return failure
    with open(path, "w", encoding="utf-8") as file:
        file.write(log)
    return path


async def in_browser(image, address, number, only, result):
    """The browser's part of an opening."""
    name = re.sub(r"[^\w.-]", "-", image)
    async with chromium() as browser:

        async def shoot(page, what):
            # A picture is for people: that there is none fails nothing.
            with contextlib.suppress(PlaywrightError):
                await page.screenshot(path=os.path.join(LOGS, f"browser-{name}-{what}.png"), timeout=SCREENSHOT)

        begun = time.monotonic()
        try:
            await judged(browser, use(browser.context, address, only, shoot))
            result.seconds.append(time.monotonic() - begun)
            return f"{result.seconds[-1]:.1f} s, {browser.most >> 20} MB, {browser.console.warnings} warnings"
        except Failure:
            for tab, page in enumerate([] if browser.ended.done() else browser.context.pages):
                await shoot(page, f"failed-{number}-{tab}")
            raise
        finally:
            result.memory.append(browser.most)


async def openings(image, count, only):
    """So many openings of an image; a line for each."""
    await need_image(image)
    result = Result(image)
    for number in range(1, count + 1):
        result.count += 1
        try:
            print(f"ok      {image} {number}/{count}: {await opening(image, number, only, result)}", flush=True)
        except Failure as failure:
            result.failed += 1
            print(f"FAILED  {image} {number}/{count}: {failure}", flush=True)
    return result
