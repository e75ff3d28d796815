"""Sums of two numbers in figures: a task whose answer is exact."""

from kerasgen.data.registry import register

SPLITS = {"train": slice(50_000), "test": slice(50_000, 55_000)}
SEED = 0


@register("sums", size="made anew", license="none needed", origin="drawn at random, seed 0")
def sums(split, data_dir):
    """55,000 sums of two numbers from 0 to 999, such as 579, and what was to be added, 123+456.

    No two examples have the same two numbers, in whatever order: the 5,000 of the test split are new.
    """
    import numpy as np

    random = np.random.default_rng(SEED)
    low, high = np.triu_indices(1000)  # of all pairs without their order
    chosen = random.choice(len(low), SPLITS["test"].stop, replace=False)
    turned = random.integers(2, size=len(chosen)) == 1
    pairs = np.where(turned, (high[chosen], low[chosen]), (low[chosen], high[chosen])).T[SPLITS[split]]
    asked = np.array([f"{one}+{other}" for one, other in pairs], object)
    return pairs.sum(axis=1).astype(str).astype(object), asked
