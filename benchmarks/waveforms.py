"""What a waveform costs that is drawn sample by sample: with queues, by XLA and without, and by whole passes.

    python benchmarks/waveforms.py [--network wavenet|recurrent] [--num 1]

The untrained network of the entry, the same random numbers on all sides, in one process. Of the whole passes
only `--passes` are taken, and their time is multiplied by how many there are: the output says so. Processor
time stands beside wall time, for a machine that does something else.
"""

import argparse
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import kerasgen as kg

ENTRIES = {"wavenet": "wavenet_spoken_digit", "recurrent": "lstm_spoken_digit"}


def seconds(function, rounds):
    """(first call, median wall time, least processor time) of further calls."""
    times = []
    for _ in range(rounds + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        np.asarray(function())
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = zip(*times[1:], strict=True)
    return times[0][0], float(np.median(wall)), min(cpu)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=ENTRIES, default="wavenet")
    parser.add_argument("--num", type=int, default=1, help="sounds at once")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3, help="whole passes that are timed")
    args = parser.parse_args()
    model = kg.load(ENTRIES[args.network], pretrained=False)
    length, rate = model.event.shape[0], model.event.rate
    labels = np.zeros((args.num, 2), "int32")
    tokens = tf.zeros((args.num, length), "int32")
    whole = tf.function(lambda x: model.average([x, tf.constant(labels)]), autograph=False)
    draw = lambda by_xla: model.sample(args.num, seed=0, condition=labels, jit_compile=by_xla)
    print(f"{args.network}: {model.network.count_params():,} parameters, {args.num} x {length:,} samples")
    costs = {}
    for name, by_xla in (("queues, XLA", True), ("queues", False)):
        first, wall, costs[name] = seconds(lambda by_xla=by_xla: draw(by_xla), args.rounds)
        each, all_ = length / costs[name], args.num * length / costs[name]
        print(f"{name}: {wall:.2f} s, {costs[name]:.2f} s of the processor; first call {first:.1f} s")
        print(
            f"  {each:,.0f} samples a second of one voice, {each / rate:.2f} x real time; {all_:,.0f} of all"
        )
    *_, one = seconds(lambda: whole(tokens), args.passes)
    print(f"whole passes: {one * length:,.0f} s of the processor, {length:,} times {one:.3f} s")
    for name, cost in costs.items():
        print(f"ratio to {name}: {one * length / cost:,.0f}")


if __name__ == "__main__":
    main()
