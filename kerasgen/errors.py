"""Typed errors. Each is also the built-in error that a caller would expect.

Wrong arguments raise plain `ValueError` or `TypeError`; the classes here are for
the cases that a program may want to tell apart.
"""


class UnknownNameError(ValueError):
    """A name that the registry does not hold; the message lists near matches."""


class MissingWeightsError(FileNotFoundError):
    """Pretrained weights were asked for and are not there."""


class CorruptWeightsError(ValueError):
    """A weight file that does not match its Record (size, sha256 or variables)."""


class MissingDataError(FileNotFoundError):
    """A dataset that is neither prepared on this machine nor reachable."""


class FolderInUseError(OSError):
    """A folder of checkpoints that another process writes to."""


class InvalidDataError(ValueError):
    """Examples of the wrong shape, type or range, or none at all."""
