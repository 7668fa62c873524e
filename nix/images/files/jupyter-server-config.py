# The list of kernels is answered while one starts.
#
# jupyter_server 2.20.0 knows a kernel a moment before it knows the time of its last activity, and a page that asks for the
# kernels in that moment is answered with status 500: one in fifty openings of a notebook saw it in its console. Until the
# time is known it is now. Other versions are left alone.
from jupyter_server import version_info

if version_info[:3] == (2, 20, 0):
    from jupyter_server._tz import utcnow
    from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

    ServerKernelManager._last_activity_default = lambda self: utcnow()
