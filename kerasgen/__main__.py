"""`python -m kerasgen` is `kerasgen`."""

from kerasgen.cli import run

if __name__ == "__main__":
    run()
