"""Sharpness: what blur takes from images, and features forgive."""

import numpy as np
import pytest
from scipy import ndimage

import kerasgen as kg
from kerasgen.errors import InvalidDataError
from kerasgen.metrics import sharpness

DIGITS = kg.data.arrays("mnist_small", "test")[0]


def blurred(images, sigma):
    soft = ndimage.gaussian_filter(images.astype("float32"), (0, sigma, sigma, 0))
    return np.round(soft).astype("uint8")


def test_energy_of_a_plane_wave_in_closed_form():
    """x = cos(w j): the Laplacian is (2 cos w - 2) x, and cos^2 is 1/2 on average."""
    w = 2 * np.pi / 8
    x = np.tile(np.cos(w * np.arange(-1, 33)), (10, 1))[None, :, :, None]  # 32 inner columns: 4 periods
    assert sharpness.laplacian_energy(x) == pytest.approx((2 * np.cos(w) - 2) ** 2 / 2)


def test_energy_of_white_noise_in_closed_form():
    """Five independent terms with weights 1, 1, 1, 1, -4: 20 sigma^2."""
    x = np.random.default_rng(0).normal(0, 3, (200, 20, 20, 1))
    assert sharpness.laplacian_energy(x) == pytest.approx(20 * 9, rel=0.02)


def test_ramps_have_no_energy_and_offsets_change_nothing():
    ramp = np.add.outer(np.arange(6.0), 3 * np.arange(5.0))[None, :, :, None]
    assert sharpness.laplacian_energy(ramp) == pytest.approx(0, abs=1e-20)
    images = DIGITS[:50].astype("float64")
    assert sharpness.laplacian_energy(images + 1000) == pytest.approx(sharpness.laplacian_energy(images))


def test_blur_is_seen_in_proportion():
    found = [sharpness.relative_sharpness(blurred(DIGITS, sigma), DIGITS) for sigma in (0.3, 0.5, 1.0, 2.0)]
    assert 1 > found[0] > found[1] > found[2] > found[3] > 0
    assert found[1] < 0.6 and found[2] < 0.1
    halves = sharpness.relative_sharpness(DIGITS[:250], DIGITS[250:])
    assert halves == pytest.approx(1, abs=0.1)
    noisy = np.clip(DIGITS + np.random.default_rng(0).normal(0, 25, DIGITS.shape), 0, 255)
    assert sharpness.relative_sharpness(noisy, DIGITS) > 1.1


def test_flat_images():
    flat = np.ones((2, 4, 4, 1))
    assert sharpness.relative_sharpness(flat, flat) == 1
    assert sharpness.relative_sharpness(flat, np.eye(4)[None, :, :, None]) == 0
    assert sharpness.relative_sharpness(np.eye(4)[None, :, :, None], flat) == np.inf


@pytest.mark.parametrize(
    "wrong",
    [None, "a", DIGITS[..., 0], DIGITS[:0], DIGITS[:, :2], DIGITS + 1j, DIGITS * np.nan, [[1], [1, 2]]],
)
def test_bad_images_are_refused_by_name(wrong):
    for name, call in {
        "images": lambda: sharpness.laplacian_energy(wrong),
        "samples": lambda: sharpness.relative_sharpness(wrong, DIGITS),
        "real": lambda: sharpness.relative_sharpness(DIGITS, wrong),
    }.items():
        with pytest.raises(InvalidDataError, match=f"`{name}`"):
            call()
    with pytest.raises(InvalidDataError, match="`samples`"):
        sharpness.relative_sharpness(DIGITS[:, :14], DIGITS)
