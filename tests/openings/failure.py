"""Why an opening failed."""


class Failure(Exception):
    """Something that a person would not have got; the text says what."""


class CannotTest(Exception):
    """Something that the test needs is not there. It carries a hint."""

    def __init__(self, text, hint):
        super().__init__(text)
        self.hint = hint
