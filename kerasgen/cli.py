"""The command line: `kerasgen list | info | data | sample | train | evaluate | leaderboard | export`."""

import argparse
import re

from absl import app, logging
from absl.flags import argparse_flags

import kerasgen
from kerasgen.commands import complete, look, measure, process, train

MOST = 2**31 - 1
SEEDS = 2**32 - 1


class Parser(argparse_flags.ArgumentParser):
    """Reports what is wrong in one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def parse_known_args(self, args=None, namespace=None):
        """As argparse's; but an optional NAME may come after options, too, as from Python 3.13 on."""
        found, rest = super().parse_known_args(args, namespace)
        places = [action.dest for action in self._actions if not action.option_strings]
        words = [getattr(found, place) for place in places if getattr(found, place, None) is not None]
        if rest and "name" in places and len(words) + len(rest) <= len(places) and rest[0][:1] != "-":
            for place, word in zip(reversed(places), reversed([*words, *rest]), strict=False):
                setattr(found, place, word)
            rest = []
        return found, rest


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


def size(text):
    """A type of argparse: "28" or "28x32" as (height, width)."""
    sides = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", text)
    sides = sides and (int(sides[1]), int(sides[2] or sides[1]))
    if not sides or min(sides) < 1:
        raise argparse.ArgumentTypeError(f"must be a side, or HEIGHTxWIDTH. Received: {text!r}")
    return sides


def share(text):
    """A type of argparse: a float in [0, 1)."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"must be a share, from 0 to below 1. Received: {text!r}")
    return value


def parse(argv):
    """The arguments of one sub-command, its function under `verb`."""
    return make_parser().parse_args(argv[1:])


def make_parser():
    """The parser of the whole command line."""
    parser = Parser(prog="kerasgen", description="A zoo of generative models for Keras.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"kerasgen {kerasgen.__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=Parser)

    def verb(function, help, named=True):
        name = function.__name__.strip("_")
        sub = verbs.add_parser(name, help=help, description=help)
        sub.set_defaults(verb=function)
        sub.add_argument("--json", action="store_true", help="print JSON")
        if named:
            of_run = name in ("sample", "evaluate", "export")
            words = "an entry of the zoo (kerasgen list)" + "; of a run it may be left out" * of_run
            sub.add_argument("name", metavar="NAME", nargs="?" if of_run else None, help=words)
        if name in ("sample", "evaluate", "export"):
            sub.add_argument("--run", metavar="FOLDER", help="use the weights of this training run instead")
        if name in ("sample", "train", "evaluate"):
            sub.add_argument("--dtype", help="dtype policy of the layers, such as mixed_bfloat16 (float32)")
        return sub.add_argument

    _look(verb)
    _train(verb)
    _measure(verb)
    add = verb(complete.completion, "Print a script that completes words in a shell.", named=False)
    add("shell", choices=complete.SHELLS, help="the shell")
    verbs.choices["completion"].set_defaults(parser=parser)
    for sub in verbs.choices.values():
        complete.announce(sub)
    return parser


def _look(verb):
    add = verb(look.list_, "Show the entries of the zoo.", named=False)
    add("pattern", nargs="?", default="*", help="a part of names, or a pattern such as '*_mnist'")
    add("--names", action="store_true", help="print names alone, one a line")
    add("--family", help="only this family")
    add("--dataset", help="only entries trained on this data set")
    add("--likelihood", help="only entries with this kind of likelihood, such as exact, bound or none")
    add("--pretrained", action="store_true", default=None, help="only entries with weights")

    verb(look.info, "Show what is known of an entry.")

    add = verb(
        look.data, "Show the data sets: what they hold, their license and where they come from.", named=False
    )
    add("pattern", nargs="?", default="*", help="a part of names, or a pattern such as '*mnist'")

    add = verb(look.sample, "Draw samples and write them to a picture or an array.")
    add("--num", type=whole(1, 2**20), default=64, help="number of samples (64)")
    add("--seed", type=whole(0, SEEDS), default=0, help="equal seeds give equal samples (0)")
    add("--label", help="class to draw, a number or a run's name of it, or digit=3,speaker=0 (any)")
    add("--text", help="text to draw, of an entry that takes texts (any)")
    add(
        "--out",
        help="file to write: .png, .txt for texts, .wav for sounds, or .npy for the array itself (NAME.png, "
        "NAME.txt or NAME.wav)",
    )
    add("--prompt", help="beginning of all texts, of an entry that writes (none)")
    add("--temperature", type=float, help="below 1 for more probable texts, or samples of a flow (1)")
    add("--top-k", type=whole(1), help="draw from so many most probable characters alone (all)")
    add("--top-p", type=float, help="draw from the fewest characters of this probability alone (all)")
    add("--truncation", type=float, help="below 1 for samples of a GAN nearer to their mean (its own)")
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
    add(
        "--data",
        help="name of a data set (kerasgen data); or a folder of images, or a .npy, .npz or idx file, "
        "as a path with a slash, such as ./pictures (the recipe's)",
    )
    _reading(add)
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


def _reading(add):
    """How a path of data is read."""
    add("--labels", help="labels of a path: folders, none, or a file: .csv, .npy or idx (auto)")
    add("--held-out", type=share, help="share of a path that is not trained on (0.1)")
    add(
        "--size",
        type=size,
        metavar="SIZE",
        help="side, or HEIGHTxWIDTH, that images get (the entry's; of arrays theirs)",
    )
    add("--channels", type=int, choices=(1, 3, 4), help="1: gray, 3: colors (the entry's; of arrays theirs)")
    add("--background", help="color that shows through transparent pixels (white)")
    add(
        "--crop",
        action="store_true",
        help="cut images to the proportions of the size, in place of squeezing them",
    )
    add("--invert", action="store_true", help="make black white and white black")
    add("--rate", type=whole(1, 2**20), help="samples a second that sounds get (the entry's)")
    add("--length", type=whole(2, 2**24), help="samples that sounds get: longer ones are cut (the entry's)")


def _measure(verb):
    add = verb(measure.evaluate, "Measure an entry, or a run of it, beside real data.")
    add("--check", action="store_true", help="compare with the Record instead; exit 1 where figures differ")
    add("--curve", action="store_true", help="measure the curve of its recipe: quality against effort")
    add("--line", action="append", help="line of the curve to measure; may be repeated (all)")
    add("--write", action="store_true", help="write the figures into the entry's Record and card, in the zoo")
    add(
        "--num",
        type=whole(2, 2**20),
        help="samples for each seed (10,000; 26,000 stacks; of own data as many as are trained on)",
    )
    add("--seeds", type=whole(0, SEEDS), nargs="+", help="seeds of the samples (0 1 2)")
    add("--data", help="name of the data set to compare with, or a path (the recipe's, or the run's)")
    _reading(add)
    add(
        "--evaluator",
        metavar="RUN",
        help="run of a classifier on the same labels, in whose features to compare",
    )
    add(
        "--report",
        metavar="FOLDER",
        help="where report.md and its pictures go, of own data (the run's folder)",
    )
    add("--inception", metavar="FILE", help="weights of Keras's Inception-v3, whose features to use instead")

    add = verb(measure.leaderboard, "Show the figures of every entry, and write them.", named=False)
    add(
        "--out",
        action="append",
        metavar="FILE",
        help=".json or .md, or a folder of pages with tables to renew, such as docs; may be repeated",
    )


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
