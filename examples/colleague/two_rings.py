"""Two circles, one inside the other: a data set in one file, `kerasgen/data/sets/two_rings.py`."""

from kerasgen.data.registry import register

SPLITS = {"train": (20_000, 0), "test": (10_000, 1)}  # (num, seed)


@register("two_rings", size="drawn anew", license="none needed", origin="drawn by this file")
def two_rings(split, data_dir):
    """30,000 points of the plane around two circles, and which."""
    import numpy as np

    num, seed = SPLITS[split]
    generator = np.random.default_rng(seed)
    labels = generator.integers(2, size=num)
    angle, radius = generator.uniform(0, 2 * np.pi, num), 1.0 + labels
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None]
    return (circle + 0.05 * generator.normal(size=(num, 2))).astype("float32"), labels
