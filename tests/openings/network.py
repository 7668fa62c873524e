"""Changes of this machine's network: Chromium drops what it loads (`ERR_NETWORK_CHANGED`) whenever one comes.

A container's own start is such a change. Its interface on this side gets an IPv6 address at once, which the kernel declares
usable one to two seconds later, after it has looked for another holder (RFC 4862, 5.4). A notebook that serves its page
faster than that would lose files of the page at random, so that an opening begins when the network stands still.
"""

import asyncio
import socket
import struct

from .failure import CannotTest

QUIET = 3  # seconds; longer than an IPv6 address takes from its first change to its last
STARTED = 60  # seconds until it has to have been quiet
# linux/rtnetlink.h: what Chromium listens to, and the messages that it takes for a change.
GROUPS = 0x1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
KINDS = {16: "link", 17: "link gone", 20: "address", 21: "address gone"}
HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
INDEX = struct.Struct("=4xi")  # of the interface, in struct ifinfomsg as in struct ifaddrmsg


class Network:
    """Listens from when it is made; a context that ends the listening."""

    def __init__(self):
        try:
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
            self.socket.bind((0, GROUPS))
        except (AttributeError, OSError) as error:
            raise CannotTest(f"changes of the network cannot be listened to: {error}", "this needs Linux") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    async def still(self, quiet=QUIET, within=STARTED):
        """Waits until nothing has changed for `quiet` seconds; what changed meanwhile is forgotten.

        Fails with `CannotTest` where that is not so `within` so many seconds.
        """
        loop, last = asyncio.get_running_loop(), []
        end = loop.time() + within
        while loop.time() < end:
            try:
                async with asyncio.timeout(quiet):
                    last = changes(await loop.sock_recv(self.socket, 1 << 16))
            except TimeoutError:
                return
            except OSError as error:  # ENOBUFS: more came than was taken
                last = [error.strerror]
        raise CannotTest(
            f"the network of this machine did not stand still within {within} s; last: {', '.join(last)}",
            "stop what starts and ends containers meanwhile",
        )

    def changed(self):
        """What has changed since it stood still, each change once, in order."""
        seen = {}
        while True:
            try:
                seen |= dict.fromkeys(changes(self.socket.recv(1 << 16)))
            except BlockingIOError:
                return list(seen)
            except OSError as error:
                seen[error.strerror] = None


def changes(data):
    """The changes that netlink messages tell, as people read them: `address of veth1234567`."""
    told = []
    while len(data) >= HEADER.size + INDEX.size:
        length, kind, *_ = HEADER.unpack_from(data)
        # Ports of a bridge tell of themselves as well; nobody's addresses change by it.
        if kind in KINDS and data[HEADER.size] != socket.AF_BRIDGE:
            told.append(f"{KINDS[kind]} of {name(INDEX.unpack_from(data, HEADER.size)[0])}")
        data = data[max(length + 3 & ~3, HEADER.size) :]
    return told


def name(index):
    """The name of an interface, or its number where it is gone."""
    try:
        return socket.if_indextoname(index)
    except OSError:
        return f"interface {index}"
