"""What goes wrong with the embedded servers."""


class ServerError(Exception):
    """An embedded server cannot be used; the message says why and what to do."""
