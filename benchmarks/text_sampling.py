"""Texts drawn character by character with cached keys: kerasgen beside a PyTorch program of equal size.

    python benchmarks/text_sampling.py [--num 64] [--rounds 5] [--threads 2] [--json]

Both are the network of shakespeare_gpt: four blocks of 128 features, 4 heads, 66 tokens, texts of 256. The
PyTorch side keeps keys and values of all positions in arrays made beforehand, attends by
`scaled_dot_product_attention`, and draws by `multinomial`, under `inference_mode`. Each side is a process of
its own; they take turns, so that a machine whose speed drifts is fair to both. Printed are characters a
second, medians over the rounds, and the median ratio of the same round. Nothing else should be running.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

LENGTH, VOCABULARY, WIDTH, DEPTH, HEADS = 256, 66, 128, 4, 4


def kerasgen_side(num, threads):
    """A function that draws `num` texts."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    from kerasgen import registry

    model = registry.build("shakespeare_gpt", width=WIDTH, depth=DEPTH, heads=HEADS, length=LENGTH)
    return lambda seed: model.sample(num, seed=seed)


def torch_side(num, threads):
    """The same by PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.set_num_threads(threads)
    torch.manual_seed(0)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.inward, self.outward = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, h, keys, values, at):
            size = WIDTH // HEADS
            q, k, v = self.inward(self.before(h)).view(num, 3, HEADS, size).unbind(1)
            keys[:, :, at], values[:, :, at] = k, v
            past = keys[:, :, : at + 1], values[:, :, : at + 1]
            y = functional.scaled_dot_product_attention(q[:, :, None], *past)
            h = h + self.outward(y.reshape(num, WIDTH))
            return h + self.down(functional.gelu(self.up(self.between(h))))

    blocks = nn.ModuleList(Block() for _ in range(DEPTH)).eval()
    tokens, places = nn.Embedding(VOCABULARY + 1, WIDTH), nn.Embedding(LENGTH, WIDTH)
    last = nn.LayerNorm(WIDTH)

    @torch.inference_mode()
    def draw(seed):
        torch.manual_seed(seed)
        shape = (num, HEADS, LENGTH, WIDTH // HEADS)
        caches = [(torch.empty(shape), torch.empty(shape)) for _ in blocks]
        token, found = torch.full((num,), VOCABULARY), []
        for at in range(LENGTH):
            h = tokens(token) + places.weight[at]
            for block, (keys, values) in zip(blocks, caches, strict=True):
                h = block(h, keys, values, at)
            p = torch.softmax(last(h) @ tokens.weight[:VOCABULARY].T, dim=-1)
            token = torch.multinomial(p, 1)[:, 0]
            found.append(token)
        return torch.stack(found, dim=1).numpy()

    return draw


SIDES = {"kerasgen": kerasgen_side, "PyTorch": torch_side}


def serve(side, num, threads):
    """Draws each time that a line comes in, and answers with the seconds that it took."""
    draw = SIDES[side](num, threads)
    for seed in range(2):
        draw(seed)
    print("ready", flush=True)
    for seed, _ in enumerate(sys.stdin):
        begun = time.perf_counter()
        draw(seed)
        print(time.perf_counter() - begun, flush=True)


def start(side, python, num, threads):
    """The process of a side, when it is ready."""
    options = ["--side", side, "--num", str(num), "--threads", str(threads)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        [python, __file__, *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{side} did not start.")
    return process


def seconds(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def main(args):
    pythons = {"kerasgen": sys.executable, "PyTorch": args.torch_python or sys.executable}
    sides = {side: start(side, python, args.num, args.threads) for side, python in pythons.items()}
    taken = {side: [] for side in sides}
    for _ in range(args.rounds):
        for side, process in sides.items():
            taken[side].append(seconds(process))
    for process in sides.values():
        process.stdin.close()
    rates = {side: args.num * LENGTH / statistics.median(times) for side, times in taken.items()}
    pairs = zip(taken["PyTorch"], taken["kerasgen"], strict=True)
    ratio = statistics.median(theirs / ours for theirs, ours in pairs)
    if args.json:
        print(json.dumps({"characters_per_second": rates, "ratio": ratio, "seconds": taken}))
        return
    for side, rate in rates.items():
        print(f"{side:10} {rate:10,.0f} characters a second")
    print(f"kerasgen is {ratio:.2f} times as fast.")


def parsed():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--num", type=int, default=64, help="texts at once (64)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--threads", type=int, default=2, help="of each side (2)")
    parser.add_argument("--torch-python", help="another Python that has PyTorch (this one)")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    found = parsed()
    serve(found.side, found.num, found.threads) if found.side else main(found)
