"""The command line: openings one after another, and a table of them."""

import argparse
import asyncio
import os
import signal
import sys

from .chromium import LIMIT
from .failure import CannotTest
from .opening import HEADING, LOGS, openings
from .steps import STEPS

IMAGES = ["sagemath-jupyter:10.10", "sagemath-jupyter:9.5"]


def arguments():
    """What was asked for; ends with a message where that is nonsense."""
    parser = argparse.ArgumentParser(
        prog="tests/browser",
        description="A headless Chromium uses the notebook of images as a person would.",
        epilog="Status: 0 all fine, 1 an opening failed, 2 it could not be tested.",
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help=f"default: {' '.join(IMAGES)}")
    parser.add_argument("--openings", type=int, default=1, metavar="N", help="so many of each image (default 1)")
    parser.add_argument(
        "--only", action="append", choices=STEPS, help="this step alone, after the first cell; may be repeated"
    )
    parser.add_argument("--self-test", action="store_true", help="see whether pages that misbehave are caught; needs no image")
    chosen = parser.parse_args()
    if chosen.openings < 1:
        parser.error("--openings: at least 1")
    return chosen


async def run(chosen):
    """The exit status: 0 all fine, 1 an opening failed."""
    # Ended from outside, too, it leaves neither a browser nor a container: the task is cancelled, and cleans up.
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    os.makedirs(LOGS, exist_ok=True)
    results = [await openings(image, chosen.openings, chosen.only or STEPS) for image in chosen.images or IMAGES]
    print(f"\n{HEADING}")
    for result in results:
        print(result.row())
    print(f"at most {LIMIT >> 20} MB for each process that renders pages; screenshots: {LOGS}")
    return int(any(result.failed for result in results))


def main():
    """Runs it, and ends."""
    chosen = arguments()
    if chosen.self_test:
        from .self_test import main as self_test

        sys.exit(self_test())
    try:
        sys.exit(asyncio.run(run(chosen)))
    except CannotTest as reason:
        print(f"error: {reason}\nhint: {reason.hint}", file=sys.stderr)
        sys.exit(2)
    except asyncio.CancelledError:
        print("ended from outside", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
