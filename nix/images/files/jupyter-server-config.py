# The list of kernels is answered while one starts, and the server ends when it is told to.
#
# jupyter_server 2.20.0 knows a kernel a moment before it knows the time of its last activity, and a page that asks for the
# kernels in that moment is answered with status 500: one in fifty openings of a notebook saw it in its console. Until the
# time is known it is now.
#
# Its handler of SIGTERM writes to the log, which Python forbids while the line that the signal interrupts is being written:
# the handler dies of that, before it has stopped anything, and the server goes on. Here the event loop does both.
#
# Other versions are left alone.
from jupyter_server import version_info

if version_info[:3] == (2, 20, 0):
    from jupyter_server._tz import utcnow
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

    def stop(app, signal):
        app.log.critical("received signal %s, stopping", signal)
        app.stop()

    ServerKernelManager._last_activity_default = lambda self: utcnow()
    ServerApp._signal_stop = lambda self, signal, frame: self.io_loop.asyncio_loop.call_soon_threadsafe(stop, self, signal)
