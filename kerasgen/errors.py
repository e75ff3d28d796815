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


class DivergedError(ArithmeticError):
    """Training made a number that is not finite.

    Attributes:
        step: When it was seen.
        terms: Logged terms that are not finite.
        variables: Paths of such variables.
        restored: The step that the model went back to, or None.
    """


class WorkerLostError(ConnectionError):
    """Another worker of a distributed run went away."""


class FolderInUseError(OSError):
    """A folder of checkpoints that another process writes to."""


class InvalidDataError(ValueError):
    """Examples of the wrong shape, type or range, or none at all."""
