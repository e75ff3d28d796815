"""The command line: `kerasgen list | info | sample | train | evaluate | leaderboard | export`."""

import os
import signal
import sys

from absl import app, logging
from absl.flags import argparse_flags

from kerasgen import errors
from kerasgen.commands import look, measure, train

# What a person can mend by typing something else: one line, exit code 2.
MISTAKES = (
    ValueError,
    TypeError,
    errors.MissingWeightsError,
    errors.MissingDataError,
    errors.FolderInUseError,
    FileExistsError,
    PermissionError,
)


class Parser(argparse_flags.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parse(argv):
    """The arguments of one sub-command, its function under `verb`."""
    parser = Parser(prog="kerasgen", description="A zoo of generative models for Keras.", allow_abbrev=False)
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=Parser)

    def verb(function, help, named=True):
        name = function.__name__.strip("_")
        sub = verbs.add_parser(name, help=help, description=help)
        sub.set_defaults(verb=function)
        sub.add_argument("--json", action="store_true", help="print JSON")
        if named:
            sub.add_argument("name", metavar="NAME", help="an entry of the zoo (kerasgen list)")
        if name in ("sample", "evaluate", "export"):
            sub.add_argument("--run", metavar="FOLDER", help="weights of a training run instead")
        if name in ("sample", "train", "evaluate"):
            sub.add_argument("--dtype", help="policy of the layers, such as mixed_bfloat16 (float32)")
        return sub.add_argument

    add = verb(look.list_, "Show the entries of the zoo.", named=False)
    add("pattern", nargs="?", default="*", help="glob, such as '*_mnist'")
    add("--family", help="only this family")
    add("--dataset", help="only entries trained on this data")
    add("--likelihood", help="only exact, bound, ais or none")
    add("--pretrained", action="store_true", default=None, help="only entries with weights")

    verb(look.info, "Show what is known of an entry.")

    add = verb(look.sample, "Draw samples and write them to a picture or an array.")
    add("--num", type=int, default=64, help="samples (64)")
    add("--seed", type=int, default=0, help="equal seeds, equal samples (0)")
    add("--label", type=int, help="class to draw, of a conditional entry (any)")
    add("--text", help="what to draw, of an entry that takes texts (any)")
    add("--out", help="file to write: .png, or .npy for the array itself (NAME.png)")

    add = verb(train.train, "Train an entry by its recipe, or on your own pictures.")
    add("--folder", help="folder of the run (runs/NAME)")
    add("--resume", action="store_true", help="go on from the newest checkpoint of the folder")
    add("--from-pretrained", action="store_true", help="start from the shipped weights")
    add("--data", help="name of a data set, or a folder of pictures (the recipe's)")
    add("--epochs", type=int, help="epochs in all (the recipe's)")
    add("--batch-size", type=int, help="examples a train step reads (the recipe's)")
    add("--seed", type=int, help="of weights, order and noise (the recipe's)")
    add(
        "--strategy",
        help="a share of each batch for each device. mirrored: those of this machine; multiworker: "
        "those of all machines that TF_CONFIG names (one device)",
    )
    add("--checkpoint-every", type=int, default=500, metavar="STEPS", help="train steps (500)")
    add("--publish", action="store_true", help="write weights, Record and card into the zoo")

    add = verb(measure.evaluate, "Measure an entry beside real data; write its Record and card.")
    add("--check", action="store_true", help="compare with the Record instead; exit 1 where figures differ")
    add(
        "--curve", action="store_true", help="measure the curve of its recipe instead: quality against effort"
    )
    add("--line", action="append", help="of the curve, to measure alone; may be repeated (all)")
    add("--dry-run", action="store_true", help="print only, as with any of the following")
    add("--num", type=int, help="samples a seed (10,000)")
    add("--seeds", type=int, nargs="+", help="seeds of the samples (0 1 2)")
    add("--data", help="name of the data to compare with (the recipe's)")
    add("--inception", metavar="FILE", help="weights of Keras's Inception-v3, whose features to use instead")

    add = verb(measure.leaderboard, "Show the figures of every entry, and write them.", named=False)
    add("--out", action="append", metavar="FILE", help=".json or .md; may be repeated")

    add = verb(look.export, "Write a SavedModel, and what TF Serving is started from, to PATH/<version>.")
    add("path", metavar="PATH", help="the folder that the server watches")
    add("--version", type=int, help="default: one more than the newest there")
    add("--max-rows", type=int, default=1024, help="most rows a request may ask for (1024)")
    return parser.parse_args(argv[1:])


def main(args):
    logging.set_verbosity(logging.WARNING)  # TensorFlow Datasets tells every step
    try:
        return args.verb(args)
    except MISTAKES as error:
        message = " ".join(str(error).split())
        print(f"kerasgen: {message}", file=sys.stderr)
        return 2


def run():
    """The console script."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow loads
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_MININTERVAL", "30")  # a bar in a log: two lines a minute
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `kerasgen list | head` ends quietly
    app.run(main, flags_parser=parse)


if __name__ == "__main__":
    run()
