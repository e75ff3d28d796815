"""The toy distributions of `kerasgen.data.laboratory`: points that are drawn when they are asked for."""

from kerasgen.data.registry import register

ABOUT = {"size": "drawn anew", "license": "none needed"}
PACGAN = "PacGAN, Lin et al. (2018), arXiv:1712.04086"


def _draw(name, split):
    from kerasgen.data import laboratory

    return laboratory.DISTRIBUTIONS[name](*laboratory.SPLITS[split])


@register("ring", origin=PACGAN, **ABOUT)
def ring(split, data_dir):
    """60,000 points of the plane around eight centers on a circle, and which."""
    return _draw("ring", split)


@register("grid", origin=PACGAN, **ABOUT)
def grid(split, data_dir):
    """60,000 points of the plane around 25 centers on a grid, and which."""
    return _draw("grid", split)


@register("moons", origin="the shapes of scikit-learn's make_moons", **ABOUT)
def moons(split, data_dir):
    """60,000 points along two interleaved half circles, and which."""
    return _draw("moons", split)


@register("pinwheel", origin="Johnson et al. (2016), arXiv:1603.06277", **ABOUT)
def pinwheel(split, data_dir):
    """60,000 points of five bent arms, and which."""
    return _draw("pinwheel", split)


@register("mixture_1d", origin="three Gaussians", **ABOUT)
def mixture_1d(split, data_dir):
    """60,000 numbers around -2, 0 and 2, and which."""
    return _draw("mixture_1d", split)


@register("gaussian_1d", origin="one Gaussian", **ABOUT)
def gaussian_1d(split, data_dir):
    """60,000 numbers around 2 with standard deviation 2."""
    return _draw("gaussian_1d", split)
