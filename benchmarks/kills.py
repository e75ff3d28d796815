"""Kill -9 at random moments, half of them inside a save: does a resumed run end as one that was left alone?

    python benchmarks/kills.py --runs 100 --kills 3

Every life of a run is a process of its own, forked from one that has imported TensorFlow and not begun
with it. A checkpoint is written at every step; a kill counts as inside a save if it left a checkpoint without
its seal. All variables of model and optimizers, and the log, are compared, bit for bit, with those of the run
that nobody killed.
"""

import argparse
import concurrent.futures
import multiprocessing
import os
import re
import signal
import tempfile
import threading
import time

import numpy as np

NAMES = ("dcgan_mnist", "vae_mnist", "ddpm_mnist")
EPOCHS, STEPS, BATCH = 3, 10, 8
ALONE = threading.Lock()  # `start` and `is_alive` read exit codes, of all children, and each can be read once
IMPORTS = ["tensorflow", "kerasgen.models.core.generative", "kerasgen.training.run", "matplotlib.pyplot"]


def life(name, folder, threads=None):
    """Trains an entry at toy size from where its folder stands; at the end the state is in `state.npz`."""
    import tensorflow as tf

    import kerasgen as kg

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    recipe = kg.registry.get_recipe(name)
    model = kg.load(name, pretrained=False, **recipe.tiny)
    model.compile_from_config(model.get_compile_config() | {"jit_compile": False})
    images, labels = (array[: STEPS * BATCH] for array in kg.data.arrays("mnist_small", "train"))
    labels = labels if recipe.labels else None
    data = kg.data.from_array(images, labels, batch_size=BATCH, value_range=recipe.value_range)
    kg.training.train(model, data, folder, EPOCHS, every_steps=1, resume=True, verbose=0)
    variables = [*model.variables, *(v for optimizer in model.optimizers for v in optimizer.variables)]
    np.savez(os.path.join(folder, "state.npz"), *map(np.array, variables))


def lived(folder):
    """The arrays that a finished run left: its variables, and last its log as bytes."""
    with np.load(os.path.join(folder, "state.npz")) as arrays:
        return [*(arrays[key] for key in arrays), np.fromfile(os.path.join(folder, "log.csv"), "uint8")]


def files(folder):
    """(newest finished step, names of what is unfinished) of a folder of checkpoints."""
    place = os.path.join(folder, "checkpoint")
    names = os.listdir(place) if os.path.isdir(place) else []
    step = lambda name: int(re.search(r"\d+", name)[0])
    sealed = {step(name) for name in names if name.endswith(".json")}
    parts = {name for name in names if name.startswith("ckpt") and step(name) not in sealed}
    return max(sealed, default=0), parts


def begin(context, *arguments):
    """A life that has begun."""
    process = context.Process(target=life, args=arguments)
    with ALONE:
        process.start()
    return process


def lives(process):
    with ALONE:
        return process.is_alive()


def wait(process, seen=lambda: False, pause=0.01):
    """Until something is seen or the process is no more."""
    while lives(process) and not seen():
        time.sleep(pause)


def kill(process, folder, random, left=1):
    """SIGKILL for a running life; (whether it came in time, whether it broke a save off).

    Kills that are still to come are left steps to fall on: `left` of them, this one counted.
    """
    begun, before = files(folder)
    if random.random() < 0.1:
        time.sleep(random.uniform(0, 2))  # it may not have begun to train
    else:
        last = begun + 1 + random.integers(max(1, (EPOCHS * STEPS - begun) // (left + 2)))
        wait(process, lambda: files(folder)[0] >= last, 0.002)
        if random.random() < 0.6:
            wait(process, lambda: files(folder)[1] - before, 0)
            time.sleep(random.uniform(0, 0.001))  # as long as a file takes
        else:
            time.sleep(random.uniform(0, 0.05))  # as long as a step takes, and all that a save does
    process.kill()
    wait(process)
    return process.exitcode == -signal.SIGKILL, bool(files(folder)[1] - before)


def run(context, name, folder, kills=0, seed=0, threads=None):
    """(final arrays, kills that came in time, saves broken off) of one run."""
    random, hits, saves = np.random.default_rng(seed), 0, 0
    while hits < kills:
        process = begin(context, name, folder, threads)
        hit, inside = kill(process, folder, random, kills - hits)
        if not hit:
            raise RuntimeError(f"{folder}: a life ended by itself, exit code {process.exitcode}.")
        hits, saves = hits + 1, saves + inside
    wait(begin(context, name, folder, threads))
    return lived(folder), hits, saves


def campaign(names, runs, kills, jobs, place, threads=None):
    """Yields (name, indices of arrays that differ, kills, saves broken off) of every run.

    With one thread a life the sums of a step have one order, whatever else the machine does.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(IMPORTS)
    folder = lambda name, number: os.path.join(place, f"{name}_{number}")
    whole = {name: run(context, name, folder(name, "whole"), threads=threads)[0] for name in names}

    def one(number):
        name = names[number % len(names)]
        arrays, hits, saves = run(context, name, folder(name, number), kills, number, threads)
        pairs = enumerate(zip(whole[name], arrays, strict=True))
        return name, [index for index, (a, b) in pairs if not np.array_equal(a, b)], hits, saves

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(one, range(runs))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", nargs="+", default=NAMES, help="entries of 28x28 digits")
    parser.add_argument("--runs", type=int, default=100, help="runs, shared by the entries (100)")
    parser.add_argument("--kills", type=int, default=3, help="kills a run (3)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (2)")
    parser.add_argument("--threads", type=int, help="of each life (TensorFlow's own choice)")
    args = parser.parse_args()
    # Checkpoints passed over and semaphores left behind are what this is about.
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONWARNINGS": "ignore"}
    equal = hits = saves = 0
    with tempfile.TemporaryDirectory() as place:
        rows = campaign(args.names, args.runs, args.kills, args.jobs, place, args.threads)
        for number, (name, different, *counts) in enumerate(rows, 1):
            equal, hits, saves = equal + (not different), hits + counts[0], saves + counts[1]
            said = f"differs in arrays {different}" if different else "bit-equal"
            print(f"{number}: {name} {said}; {hits} kills, {saves} inside a save", flush=True)
    print(f"{equal} of {args.runs} runs bit-equal after {hits} kills, {saves} of them inside a save.")


if __name__ == "__main__":
    main()
