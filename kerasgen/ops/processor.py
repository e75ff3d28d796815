"""What the processor is, and which way of computing is the faster one on it."""

import functools
import os
import platform


@functools.cache
def name():
    """The processor's name where the system tells it, else the machine's type."""
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


@functools.cache
def has_avx512():
    """Whether vectors of 512 bits are there, which oneDNN's convolutions use and XLA's do not."""
    return "avx512f" in _cpuinfo().get("flags", "").split()


def xla_is_faster():
    """Whether a train step of small convolutions is faster through XLA than through TensorFlow's kernels.

    It is on processors without AVX-512, by a half of the step of `dcgan_mnist`; with AVX-512 oneDNN's
    convolutions are the faster ones, by a tenth (`benchmarks/train_step.py`).
    """
    return not has_avx512()


@functools.cache
def _cpuinfo():
    """{field: text} of the first processor, on Linux; empty elsewhere."""
    if not os.path.exists("/proc/cpuinfo"):
        return {}
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        first = file.read().partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {field.strip(): text.strip() for field, _, text in pairs}
