"""A headless Chromium that can harm nobody: its memory is watched from outside, and no process of it outlives an opening."""

import asyncio
import contextlib
import os
import shutil
import signal
import threading

from playwright.async_api import async_playwright
from playwright.async_api import Error as PlaywrightError

from .console import Console
from .failure import CannotTest, Failure

LIMIT = 700 * 2**20  # bytes of resident memory of a process that renders pages
INTERVAL = 0.1  # seconds between two looks; a page that ran away grew by 7 MB in that time
# The last is a second net: should the watching stand still, the engine of JavaScript itself gives up.
FLAGS = """--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update
    --disable-sync --disable-dev-shm-usage --js-flags=--max-old-space-size=1024""".split()
WINDOW = {"width": 1200, "height": 900}
PAGE = os.sysconf("SC_PAGE_SIZE")


class Browser:
    """A running Chromium: a context for pages, their console, the most memory so far, and a future that fails when the
    browser may or can not go on."""

    def __init__(self, context, console, ended):
        self.context = context
        self.console = console
        self.ended = ended
        self.most = 0


@contextlib.asynccontextmanager
async def chromium(limit=LIMIT):
    """A fresh Chromium with a fresh profile."""
    path = shutil.which("chromium")
    if not path:
        raise CannotTest("there is no `chromium` on PATH", "apt-get install chromium")
    before = set(descendants(os.getpid()))
    async with async_playwright() as playwright:
        stop = threading.Event()
        watcher = None
        try:
            # Chromium's own sandbox needs rights that a container's root has not; Playwright leaves it out by default.
            engine = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            context = await engine.new_context(viewport=WINDOW)
            loop = asyncio.get_running_loop()
            browser = Browser(context, Console(context), loop.create_future())
            # Nobody may be waiting for it when it fails.
            browser.ended.add_done_callback(lambda future: future.cancelled() or future.exception())

            def end(text):
                if not browser.ended.done():
                    browser.ended.set_exception(Failure(text))

            engine.on("disconnected", lambda *_: end("Chromium died"))
            context.on("page", lambda page: page.on("crash", lambda *_: end("a page of Chromium died")))
            watcher = threading.Thread(
                target=watch, args=(browser, limit, stop, lambda text: loop.call_soon_threadsafe(end, text))
            )
            watcher.start()
            yield browser
        finally:
            stop.set()
            if watcher:
                watcher.join()
            # What does not answer would not close either, so nothing is asked: its processes are ended.
            for pid in descendants(os.getpid()):
                if pid not in before and "chrom" in command(pid):
                    kill(pid)


async def unless_ended(browser, work):
    """The result of the work, or the failure with which the browser ended while it was done."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task, browser.ended], return_when=asyncio.FIRST_COMPLETED)
        if not browser.ended.done() and task.exception() and isinstance(task.exception(), PlaywrightError):
            # The page may be gone because of what the next look at the memory will say.
            await asyncio.wait([browser.ended], timeout=1)
        if browser.ended.done():
            browser.ended.result()
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()


def watch(browser, limit, stop, end):
    """Looks at the memory of the processes that render pages; kills the one that takes too much."""
    while not stop.wait(INTERVAL):
        for pid in descendants(os.getpid()):
            if "--type=renderer" not in command(pid):
                continue
            memory = resident(pid)
            browser.most = max(browser.most, memory)
            if memory > limit:
                end(f"a page took {memory >> 20} MB of memory, more than {limit >> 20} MB: it runs away and was killed")
                kill(pid)


def descendants(pid):
    """The children of a process, their children, and so on."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                # The name of the program, in brackets, may hold anything.
                parent = int(file.read().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    return found


def command(pid):
    """The command line of a process; empty where it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().replace("\0", " ")
    except OSError:
        return ""


def resident(pid):
    """The resident memory of a process in bytes; 0 where it has ended."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def kill(pid):
    """Ends a process at once."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
