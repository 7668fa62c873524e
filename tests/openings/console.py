"""What pages say to their console: an error there is a failure, even where nothing else is seen of it."""

import re

FRAMES = 6  # lines of a stack that are shown

# Errors that are known, harmless, and not to be helped: a pattern for the text with its address, and the reason.
ALLOWED = [
    (
        r'^uncaught: Window name candidate "null" already exists$',
        "JupyterLab, opened beside them, tells other tabs its name through the local storage; pages of the notebook 7 have no "
        "name of their own and reject it with a promise that nobody awaits (windowresolver.ts of @jupyterlab/apputils)",
    ),
]


class Console:
    """Reads the consoles of all pages of a context, from its first page on."""

    def __init__(self, context):
        self.errors = {}  # by text: how often, and the stack of the first
        self.warnings = 0
        context.on("console", self._message)
        context.on("weberror", lambda error: self._uncaught(error.error))

    def _message(self, message):
        if message.type == "error":
            self._error(f"{message.text} ({message.location.get('url', '')})")
        elif message.type == "warning":
            self.warnings += 1

    def _uncaught(self, error):
        frames = (getattr(error, "stack", "") or "").split("\n")[1:FRAMES]
        self._error(f"uncaught: {error}", "".join(f"\n      {line.strip()}" for line in frames))

    def _error(self, text, where=""):
        if not any(re.search(pattern, text) for pattern, _ in ALLOWED):
            count, first = self.errors.get(text, (0, where))
            self.errors[text] = (count + 1, first)

    def summary(self, most=5):
        """The errors, each text once with how often it came; empty where there was none."""
        lines = [f"    {count} x {text[:300]}{where}" for text, (count, where) in list(self.errors.items())[:most]]
        if len(self.errors) > most:
            lines.append(f"    and {len(self.errors) - most} others")
        return "\n".join(lines)
