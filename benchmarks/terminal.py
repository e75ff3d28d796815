"""Commands of this checkout against those of another one: wall time and lines on stderr, taking turns.

    git worktree add ../before <commit>
    python benchmarks/terminal.py ../before [--rounds 5]

Every turn is a new process, as at a terminal: importing TensorFlow counts. The first turn of each command,
which compiles modules and fills the disk's cache, does not. Nothing else should be running.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COMMANDS = ("list", "info dcgan_mnist", "sample dcgan_mnist", "sample ddpm_mnist")
START = "from kerasgen.cli import run; run()"


def turn(folder, command):
    """Seconds and lines on stderr."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_CPP")}
    environment |= {"PYTHONPATH": os.path.abspath(folder)}
    with tempfile.TemporaryDirectory() as directory:
        begun = time.perf_counter()
        words = [sys.executable, "-c", START, *command.split()]
        result = subprocess.run(words, cwd=directory, env=environment, capture_output=True, text=True)
        seconds = time.perf_counter() - begun
    if result.returncode:
        raise RuntimeError(f"`kerasgen {command}` of {folder} failed:\n{result.stderr}")
    return seconds, len(result.stderr.splitlines())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", help="folder of the other checkout")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each side (5)")
    args = parser.parse_args()
    print("| command | this, s | lines on stderr | other, s | lines on stderr | other / this |")
    print("|---|--:|--:|--:|--:|--:|")
    for command in COMMANDS:
        sides = {ROOT: [], args.other: []}
        for number in range(args.rounds + 1):
            for folder in sorted(sides, reverse=number % 2):
                sides[folder].append(turn(folder, command))
        (here, lines), (there, others) = (zip(*turns[1:], strict=True) for turns in sides.values())
        ratio = statistics.median(b / a for a, b in zip(here, there, strict=True))
        print(
            f"| `kerasgen {command}` | {statistics.median(here):.2f} | {max(lines)} "
            f"| {statistics.median(there):.2f} | {max(others)} | {ratio:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
