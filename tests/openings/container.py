"""A container with an image's own command, and the address that it says."""

import asyncio
import contextlib
import os
import re
import time

from .failure import CannotTest, Failure

LABEL = "org.sage-oci.browser"
ADDRESS = re.compile(r"http://127\.0\.0\.1:8888(/\S*token=\w+)")
STARTED = 120  # seconds until the notebook has said its address and listens; machines that run tests are busy


async def docker(*arguments, both=False):
    """The output of a docker command, with what it says to standard error if wanted. Cancelled, it still awaits the
    command's end."""
    error = asyncio.subprocess.STDOUT if both else asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        "docker", *arguments, stdout=asyncio.subprocess.PIPE, stderr=error, start_new_session=True
    )
    try:
        out, err = await process.communicate()
    finally:
        await process.wait()
    if process.returncode:
        raise Failure(f"docker {arguments[0]}: {(err or out).decode().strip()}")
    return out.decode(errors="replace").strip()


async def need_image(image):
    """Fails where the engine has no such image; `docker run` would ask a registry for it."""
    try:
        await docker("image", "inspect", image)
    except FileNotFoundError:
        raise CannotTest("there is no `docker` on PATH", "sage-oci doctor --fix") from None
    except Failure as failure:
        raise CannotTest(f"no image {image}: {failure}", "sage-oci load sagemath-jupyter [--channel NAME]") from None


@contextlib.asynccontextmanager
async def serving(image):
    """A container of the image, its port published on this machine; gives its name and the notebook's address, token
    included.

    The container is removed on every way out, but for a SIGKILL.
    """
    # The name is known before there is a container: it is removed also when `docker run` is interrupted.
    container = f"sage-oci-browser-{os.getpid()}-{time.monotonic_ns()}"
    try:
        await docker("run", "--detach", "--name", container, "--label", LABEL, "--publish", "127.0.0.1::8888", image)
        port = (await docker("port", container, "8888")).split()[0]
        path = await said(container)
        await listening(port)
        yield container, f"http://{port}{path}"
    finally:
        await to_its_end(docker("rm", "--force", "--volumes", container))


async def to_its_end(work):
    """Awaits it, however often the task is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError, Failure):
            await asyncio.shield(task)
    task.result()


async def said(container):
    """The path of the address in the container's log."""
    log = await asyncio.create_subprocess_exec(
        "docker", "logs", "--follow", container, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    lines = []
    try:
        async with asyncio.timeout(STARTED):
            async for line in log.stdout:
                lines.append(line.decode(errors="replace"))
                if match := ADDRESS.search(lines[-1]):
                    return match[1]
        raise Failure("the container ended before it said its address:\n" + "".join(lines))
    except TimeoutError:
        raise Failure(f"the container said no address within {STARTED} s:\n" + "".join(lines)) from None
    finally:
        if log.returncode is None:
            log.kill()
        await log.wait()


async def listening(port):
    """Waits until somebody answers there: the address is said a moment before. The engine's proxy accepts at once, so
    that a connection alone says nothing."""
    host, number = port.split(":")
    try:
        async with asyncio.timeout(STARTED):
            while not await answers(host, int(number)):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise Failure(f"nothing answered at {port} within {STARTED} s") from None


async def answers(host, number):
    """Whether a server of HTTP answers."""
    try:
        reader, writer = await asyncio.open_connection(host, number)
        try:
            writer.write(b"GET /api HTTP/1.0\r\n\r\n")
            return (await reader.read(5)).startswith(b"HTTP/")
        finally:
            writer.close()
    except OSError:
        return False
