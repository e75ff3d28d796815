"""The command line: `kerasgen list | info | sample | train | evaluate | leaderboard | export`."""

import argparse

from absl import app, logging
from absl.flags import argparse_flags

import kerasgen
from kerasgen.commands import look, measure, process, train

MOST = 2**31 - 1
SEEDS = 2**32 - 1


class Parser(argparse_flags.ArgumentParser):
    """Reports what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def whole(low, high=MOST):
    """A type of argparse: an int from `low` to `high`, refused before any work is done."""

    def read(text):
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be an int. Received: {text!r}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be from {low} to {high}. Received: {text}")
        return value

    return read


def parse(argv):
    """The arguments of one sub-command, its function under `verb`."""
    parser = Parser(prog="kerasgen", description="A zoo of generative models for Keras.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"kerasgen {kerasgen.__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=Parser)

    def verb(function, help, named=True):
        name = function.__name__.strip("_")
        sub = verbs.add_parser(name, help=help, description=help)
        sub.set_defaults(verb=function)
        sub.add_argument("--json", action="store_true", help="print JSON")
        if named:
            sub.add_argument("name", metavar="NAME", help="an entry of the zoo (kerasgen list)")
        if name in ("sample", "evaluate", "export"):
            sub.add_argument("--run", metavar="FOLDER", help="use the weights of this training run instead")
        if name in ("sample", "train", "evaluate"):
            sub.add_argument("--dtype", help="dtype policy of the layers, such as mixed_bfloat16 (float32)")
        return sub.add_argument

    _look(verb)
    _train(verb)
    _measure(verb)
    return parser.parse_args(argv[1:])


def _look(verb):
    add = verb(look.list_, "Show the entries of the zoo.", named=False)
    add("pattern", nargs="?", default="*", help="pattern of names, such as '*_mnist'")
    add("--family", help="only this family")
    add("--dataset", help="only entries trained on this data set")
    add("--likelihood", help="only entries with this kind of likelihood, such as exact, bound or none")
    add("--pretrained", action="store_true", default=None, help="only entries with weights")

    verb(look.info, "Show what is known of an entry.")

    add = verb(look.sample, "Draw samples and write them to a picture or an array.")
    add("--num", type=whole(1, 2**20), default=64, help="number of samples (64)")
    add("--seed", type=whole(0, SEEDS), default=0, help="equal seeds give equal samples (0)")
    add("--label", type=whole(0), help="class to draw, of an entry that takes labels (any)")
    add("--text", help="text to draw, of an entry that takes texts (any)")
    add("--out", help="file to write: .png, or .npy for the array itself (NAME.png)")
    add("--sampler", help="sampler of a diffusion model (its own)")
    add("--steps", type=whole(1, 100_000), help="sampling steps of a diffusion model (its own)")
    add("--guidance", type=float, help="guidance weight of a conditional diffusion model (its own)")

    add = verb(look.export, "Write a SavedModel, and what TF Serving is started from, to PATH/<version>.")
    add("path", metavar="PATH", help="the folder that the server watches")
    add("--version", type=whole(1, 2**63 - 1), help="version number (one more than the newest there)")
    add("--max-rows", type=whole(1), default=1024, help="most rows that a request may ask for (1024)")


def _train(verb):
    add = verb(train.train, "Train an entry by its recipe, or on your own data.")
    add("--folder", help="folder of the run (runs/NAME)")
    add("--resume", action="store_true", help="continue from the newest checkpoint of the folder")
    add("--from-pretrained", action="store_true", help="start from the shipped weights")
    add("--data", help="name of a data set, or a path with a slash, such as ./pictures (the recipe's)")
    add("--epochs", type=whole(1), help="epochs in all (the recipe's)")
    add("--batch-size", type=whole(1), help="examples that a train step reads (the recipe's)")
    add("--seed", type=whole(0), help="seed of weights, order of the data and noise (the recipe's)")
    add(
        "--strategy",
        help="train on several devices, each with a share of every batch. mirrored: those of this machine; "
        "multiworker: those of all machines that TF_CONFIG names (one device)",
    )
    add("--checkpoint-every", type=whole(1), default=500, metavar="STEPS", help="train steps (500)")
    add("--publish", action="store_true", help="write weights, Record and card into the zoo")


def _measure(verb):
    add = verb(measure.evaluate, "Measure an entry beside real data; write its Record and card.")
    add("--check", action="store_true", help="compare with the Record instead; exit 1 where figures differ")
    add("--curve", action="store_true", help="measure the curve of its recipe: quality against effort")
    add("--line", action="append", help="line of the curve to measure; may be repeated (all)")
    add("--dry-run", action="store_true", help="print only, as with any of the following options")
    add("--num", type=whole(2, 2**20), help="samples for each seed (10,000; 26,000 stacks)")
    add("--seeds", type=whole(0, SEEDS), nargs="+", help="seeds of the samples (0 1 2)")
    add("--data", help="name of the data set to compare with (the recipe's)")
    add("--inception", metavar="FILE", help="weights of Keras's Inception-v3, whose features to use instead")

    add = verb(measure.leaderboard, "Show the figures of every entry, and write them.", named=False)
    add("--out", action="append", metavar="FILE", help=".json or .md; may be repeated")


def main(args):
    """Runs a sub-command; the exit code: 0, 1 for a failure, 2 for what other arguments would mend."""
    logging.set_verbosity(logging.WARNING)  # TensorFlow Datasets reports every step
    return process.exit_code(args.verb, args)


def run():
    """The console script."""
    process.prepare()
    app.run(main, flags_parser=parse)


if __name__ == "__main__":
    run()
