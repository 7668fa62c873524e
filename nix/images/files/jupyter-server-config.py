# The list of kernels is answered while one starts, and the server ends when it is told to.
#
# jupyter_server 2.20.0 knows a kernel a moment before it knows the time of its last activity, and a page that asks for the
# kernels in that moment is answered with status 500: one in fifty openings of a notebook saw it in its console. Until the
# time is known it is now.
#
# Its handler of SIGTERM is Python's own, with two faults. It writes to the log, which Python forbids while the line that the
# signal interrupts is being written: the handler dies of that, before it has stopped anything. And a signal that comes just
# before the event loop sleeps, or to another thread than the loop's, wakes nobody: the handler runs when the next request
# comes. The event loop's own handlers have neither.
#
# Other versions are left alone.
from jupyter_server import version_info

if version_info[:3] == (2, 20, 0):
    from signal import SIGTERM

    from jupyter_server._tz import utcnow
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

    def start_ioloop(self, start=ServerApp.start_ioloop):
        self.io_loop.asyncio_loop.add_signal_handler(SIGTERM, self._signal_stop, SIGTERM, None)
        start(self)

    ServerKernelManager._last_activity_default = lambda self: utcnow()
    ServerApp.start_ioloop = start_ioloop
