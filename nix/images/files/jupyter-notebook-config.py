# The server ends when it is told to.
#
# The handler of SIGTERM of notebook 6.4.12 is Python's own, with two faults. It writes to the log, which Python forbids while
# the line that the signal interrupts is being written: the handler dies of that, before it has stopped anything. And a signal
# that comes just before the event loop sleeps, or to another thread than the loop's, wakes nobody: the handler runs when the
# next request comes. The event loop's own handlers have neither.
#
# Other versions are left alone.
from notebook import __version__

if __version__ == "6.4.12":
    from signal import SIGTERM

    from notebook.notebookapp import NotebookApp
    from tornado.ioloop import IOLoop

    def start(self, start=NotebookApp.start):
        self.io_loop = IOLoop.current()
        self.io_loop.asyncio_loop.add_signal_handler(SIGTERM, self._signal_stop, SIGTERM, None)
        start(self)

    NotebookApp.start = start
