"""The process of a command: its streams, signals and exit codes."""

import contextlib
import os
import signal
import sys
import threading

# What a person can mend with other arguments, another folder or another file: one line, exit code 2.
MISTAKES = (ValueError, TypeError, OSError)
STOPPED, CLOSED = 128 + signal.SIGINT, 128 + 13  # as a shell reports SIGINT and SIGPIPE


def prepare():
    """Prepares the process before TensorFlow is loaded: streams that can be written to, quiet logs."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # no letter may end a command
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", "30")  # a bar in a log file: two lines a minute
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `kerasgen list | head` ends quietly


def exit_code(command, args):
    """Runs `command(args)`; every expected error becomes one line and an exit code."""
    try:
        code = command(args)
        sys.stdout.flush()  # here, where a full disk still is an error of the command
        return code
    except BrokenPipeError:
        _abandon_stdout()
        return CLOSED
    except KeyboardInterrupt:
        say("interrupted")
        return STOPPED
    except MISTAKES as error:
        say(error)
        return 2
    except (ArithmeticError, MemoryError, NotImplementedError) as error:
        say(str(error) or type(error).__name__)
        return 1
    except Exception as error:
        if not _of_tensorflow(error):
            raise
        say(error.message)
        return 1


def load_tensorflow():
    """Imports TensorFlow without the lines about processors and GPUs that it writes at that moment."""
    if "tensorflow" in sys.modules:
        return
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        import tensorflow  # noqa: F401
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def say(message):
    """A line on stderr, whatever has become of it."""
    with contextlib.suppress(OSError, ValueError):
        print(f"kerasgen: {' '.join(str(message).split())}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def interruptible():
    """Inside, SIGTERM and a closed terminal stop a command as Ctrl-C does, and a closed pipe is an error.

    A signal that the process was started to ignore, as by nohup, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    wanted = {"SIGTERM": signal.default_int_handler, "SIGHUP": signal.default_int_handler}
    wanted["SIGPIPE"] = signal.SIG_IGN
    wanted = {getattr(signal, name): handler for name, handler in wanted.items() if hasattr(signal, name)}
    before = {number: signal.getsignal(number) for number in wanted}
    for number, handler in wanted.items():
        if before[number] != signal.SIG_IGN:
            signal.signal(number, handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _open_streams():
    """Puts the null device in the place of closed streams, whose numbers the next files would take."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def _abandon_stdout():
    """What is still in the buffer of stdout goes nowhere, instead of failing once more at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):  # a stream without a number
        os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _of_tensorflow(error):
    """Whether TensorFlow raised the error: no space left, out of memory, an impossible operation."""
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(error, tensorflow.errors.OpError)
