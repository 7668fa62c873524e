# Kernels answer the first request of every page.
#
# ipykernel 7.2.0 sends replies of the shell channel on the very socket whose requests a stream reads. Sending makes the
# library take what has arrived meanwhile, and with it the wake-up that the stream waits for: a request that came in that
# moment stays in the socket until another client connects. The notebook's server asks each kernel something whose reply
# nobody takes any more, and the page's own first request comes just then: one page in fifty waited for ever.
#
# Sent through the stream, a reply takes nothing away. Mended upstream after 7.2.0, in another way (issue 1554 and pull
# request 1529 of ipykernel), so that other versions are left alone.
import ipykernel

if ipykernel.version_info[:3] == (7, 2, 0):
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.subshell_manager import SubshellManager

    def _send_on_shell_channel(self, msg):
        """Runs in the thread of the shell channel, as the stream does."""
        IPKernelApp.instance().kernel.shell_stream.send_multipart(msg)

    SubshellManager._send_on_shell_channel = _send_on_shell_channel
