"""Theorems about adversarial games, beside what trained discriminators find of them.

    python benchmarks/gan_theory.py bounds      # f-divergences: a critic's bound is never above, and tight
    python benchmarks/gan_theory.py shift       # two distributions that part: JS stops, W1 goes on
    python benchmarks/gan_theory.py transport   # a critic's distance beside the exact one of a linear program

Each prints its table and, with `--page docs/gan_theory.md`, puts it with a picture between the marks of that
page, which also has `benchmarks/optimal_discriminator.py` and `benchmarks/priors.py`.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from scipy import stats
from tabulate import tabulate

import kerasgen as kg
from kerasgen import pages
from kerasgen.data import laboratory
from kerasgen.media import figures
from kerasgen.metrics import divergences, transport as distances
from kerasgen.objectives.adversarial import GAMES
from kerasgen.objectives.f_divergences import DIVERGENCES
from kerasgen.objectives.penalties import gradient_penalty
from kerasgen.ops import rng

LOG2 = float(np.log(2))


def critic(dim, width=32):
    """A perceptron with two layers of hyperbolic tangents, and one logit."""
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((dim,)), dense(width, "tanh"), dense(width, "tanh"), dense(1)])


def fitted(network, loss, steps, rate=3e-3, clip=None):
    """The network after so many steps of Adam on loss(network, key), its weights in [-clip, clip]."""
    adam, weights = kg.training.decaying_adam(rate, steps, beta_1=0.5), network.trainable_variables
    adam.build(weights)

    @tf.function(autograph=False)
    def step(key):
        with tf.GradientTape() as tape:
            value = loss(network, key)
        adam.apply(tape.gradient(value, weights), weights)
        for weight in weights if clip else ():
            weight.assign(tf.clip_by_value(weight, -clip, clip))

    for key in rng.split(rng.key(0), steps):
        step(key)
    return network


def game(name, draw_p, draw_q, penalty=0.0):
    """The discriminator's loss of a game on fresh samples of P and Q, with a gradient penalty."""

    def loss(network, key):
        *keys, penalty_key = rng.split(key, 3)
        real, fake = draw_p(keys[0]), draw_q(keys[1])
        value = tf.reduce_mean(GAMES[name].d(network(real), network(fake)))
        if penalty:
            value += penalty * tf.reduce_mean(gradient_penalty(network, real, fake, penalty_key))
        return value

    return loss


def normal(mean, std, num=1000):
    """Draws of N(mean, std^2), (num, 1), as a function of a key."""
    return lambda key: mean + std * rng.normal(key, (num, 1))


def bounds():
    """The variational bounds of six divergences between two normal distributions."""
    p, q = (0.0, 1.0), (0.7, 1.1)
    x = np.linspace(-12, 12, 24_001)
    weight = lambda law: stats.norm(*law).pdf(x) * (x[1] - x[0])
    ratio = stats.norm(*p).pdf(x) / stats.norm(*q).pdf(x)
    figure, axes = figures.axes((11, 6.5), 2, 3)
    rows, middle = [], np.abs(x - 0.5) < 3.5
    for ax, (name, one) in zip(axes.flat, DIVERGENCES.items(), strict=True):
        loss = game(f"f_{name}", normal(*p), normal(*q))
        network = fitted(critic(1), loss, 3000)
        logits = lambda points, network=network: np.asarray(network(points[:, None]))[:, 0].astype("float64")
        value = lambda v, one=one: float(
            weight(p) @ np.asarray(one.real(v)) - weight(q) @ np.asarray(one.fake(v))
        )
        best = np.asarray(one.logit(ratio))
        real, fake = (np.asarray(normal(*law, 100_000)(rng.key(k)))[:, 0] for k, law in enumerate((p, q)))
        terms = np.asarray(one.real(logits(real))), np.asarray(one.fake(logits(fake)))
        error = np.sqrt(sum(term.var() / len(term) for term in terms))
        true, found = float(weight(q) @ np.asarray(one.f(ratio))), value(logits(x))
        sampled = f"{terms[0].mean() - terms[1].mean():.4f} ± {error:.4f}"
        rows.append(
            [name, f"{true:.4f}", f"{value(best):.4f}", f"{found:.4f}", sampled, f"{found / true:.1%}"]
        )
        ax.plot(x[middle], best[middle], label="best logit, g(v) = f'(p/q)")
        ax.plot(x[middle], logits(x)[middle], "--", label="of the trained critic")
        ax.set(title=f"{name}: {found:.4f} of {true:.4f} nats", xlabel="x")
    axes[0, 0].legend(fontsize=8)
    heads = [
        "divergence",
        "true value",
        "bound at the best logit",
        "of the trained critic",
        "from 100,000 samples",
        "share",
    ]
    return figure, heads, rows


def shift(std=0.25):
    """Jensen-Shannon and earth mover's distance of N(0, s^2) and N(theta, s^2)."""
    x = np.linspace(-3, 7, 40_001)
    p = stats.norm(0, std).pdf(x) * (x[1] - x[0])
    q = lambda theta: stats.norm(theta, std).pdf(x) * (x[1] - x[0])
    js = lambda theta: float(divergences.js(p / p.sum(), q(theta) / q(theta).sum()))
    # Slopes of the generator's losses along theta under the best discriminator, log D / (1 - D) = log p / q.
    judged = lambda theta: 1 / (1 + np.exp((2 * theta * x - theta**2) / (2 * std**2)))
    saturating = lambda theta: float(q(theta) @ judged(theta)) * theta / std**2
    heuristic = lambda theta: float(q(theta) @ (1 - judged(theta))) * theta / std**2
    rows, found = [], []
    for theta in (0.0, 0.25, 0.5, 1.0, 2.0, 4.0):
        draws = normal(0.0, std), normal(theta, std)
        large = [
            np.asarray(normal(mean, std, 100_000)(rng.key(k)))[:, 0] for k, mean in enumerate((0.0, theta))
        ]
        spread = [values[:, None] for values in large]
        judge = fitted(critic(1), game("f_jensen_shannon", *draws), 1000)
        estimate = float(DIVERGENCES["jensen_shannon"].bound(*map(judge, spread))) / 2
        judge = fitted(critic(1), game("wasserstein", *draws), 1000, 1e-2, clip=0.1)
        few = [values[:1000] for values in spread]
        moved = distances.critic_bound(*(np.asarray(judge(values))[:, 0] for values in few), *few)
        found.append((theta, estimate, moved))
        exact = [js(theta), estimate, theta, divergences.wasserstein1(*large), moved]
        rows.append([f"{value:.3f}" for value in (theta, *exact, saturating(theta), heuristic(theta))])
    figure, axes = figures.axes((12, 4), 1, 3)
    many, (at, of_js, of_w1) = np.linspace(0, 4, 161), np.array(found).T
    panels = axes[0]
    panels[0].plot(many, [js(theta) for theta in many], label="exact")
    panels[0].axhline(LOG2, color="gray", linestyle=":", label="log 2")
    panels[0].plot(at, of_js, "o", label="bound of a trained critic")
    panels[0].set(title="Jensen-Shannon divergence, nats")
    panels[1].plot(many, many, label="exact")
    panels[1].plot(at, of_w1, "o", label="trained critic over its slope")
    panels[1].set(title="earth mover's distance")
    for label, slope in (("log(1 - D)", saturating), ("-log D", heuristic), ("Wasserstein", np.ones_like)):
        panels[2].plot(many, [slope(theta) for theta in many], label=label)
    panels[2].set(title="slope of the generator's loss", ylim=(-0.2, 8))
    for ax in panels:
        ax.set(xlabel="shift θ")
        ax.legend(fontsize=8)
    heads = ["θ", "JS", "its critic", "W1", "W1 of 100,000 sorted samples", "its critic"]
    return figure, [*heads, "slope of log(1 - D)", "slope of -log D"], rows


def transport(num=100):
    """Critics of point sets in the plane, with clipped weights and with a gradient penalty."""
    ring, noise = laboratory.RING.sample(num, 0)[0], np.random.default_rng(1).normal(size=(num, 2))
    moons, labels = laboratory.moons(3 * num, 2)
    sets = {
        "a normal distribution and itself, moved by (1, 1)": (
            noise + 1,
            np.random.default_rng(3).normal(size=(num, 2)),
        ),
        "two moons": (moons[labels == 0][:num], moons[labels == 1][:num]),
        "a ring and a normal distribution": (ring, 0.3 * noise),
    }
    rows, lines = [], {}
    for name, (x, y) in sets.items():
        x, y = x.astype("float32"), y.astype("float32")
        draws = (lambda key, x=x: tf.constant(x)), (lambda key, y=y: tf.constant(y))
        exact = distances.earth_mover(x, y)
        cells = [name, f"{exact:.4f}", f"{linear_program(x, y):.4f}"]
        for kind, told, clip in (("gradient penalty", {"penalty": 10.0}, None), ("clipped", {}, 0.1)):
            judge = fitted(critic(2), game("wasserstein", *draws, **told), 3000, 1e-2 if clip else 3e-3, clip)
            f_x, f_y = (np.asarray(judge(points))[:, 0] for points in (x, y))
            cells += [f"{f_x.mean() - f_y.mean():.4f}", f"{distances.critic_bound(f_x, f_y, x, y):.4f}"]
            lines[kind] = judge
        rows.append(cells)
    heads = [
        "points",
        "assignment",
        "linear program",
        "gradient penalty",
        "over its slope",
        "clipped at 0.1",
        "over its slope",
    ]
    return plans(x, y, lines), heads, rows


def linear_program(x, y):
    """W1 by scipy's solver: the coupling of least cost whose rows and columns each sum to 1/n."""
    from scipy import optimize, sparse

    num = len(x)
    cost = np.linalg.norm(x[:, None].astype("float64") - y, axis=-1)
    one, eye = np.ones((1, num)), sparse.eye(num)
    sums = sparse.vstack([sparse.kron(eye, one), sparse.kron(one, eye)])
    return optimize.linprog(cost.ravel(), A_eq=sums, b_eq=np.full(2 * num, 1 / num), method="highs").fun


def plans(x, y, critics):
    """A picture of the best coupling, and of the heights of critics."""
    from scipy.optimize import linear_sum_assignment

    figure, axes = figures.axes((12, 4), 1, 1 + len(critics))
    _, order = linear_sum_assignment(np.linalg.norm(x[:, None] - y, axis=-1))
    axes[0, 0].plot(*np.stack([x, y[order]]).transpose(2, 0, 1), color="gray", linewidth=0.5)
    axes[0, 0].set(title="the best coupling")
    grid = np.stack(np.meshgrid(*[np.linspace(-1.3, 1.3, 80)] * 2), -1).astype("float32")
    for ax, (name, judge) in zip(axes[0, 1:], critics.items(), strict=True):
        heights = np.asarray(judge(grid.reshape(-1, 2))).reshape(80, 80)
        figure.colorbar(ax.contourf(*grid.transpose(2, 0, 1), heights, 20), ax=ax)
        ax.set(title=f"critic, {name}")
    for ax in axes.flat:
        ax.plot(*x.T, ".", color="C0")
        ax.plot(*y.T, ".", color="C3")
        ax.set(aspect="equal", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    return figure


SECTIONS = {"bounds": bounds, "shift": shift, "transport": transport}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", choices=SECTIONS)
    parser.add_argument("--page", help="Markdown page with the marks")
    args = parser.parse_args()
    keras.utils.set_random_seed(0)
    figure, heads, rows = SECTIONS[args.section]()
    table = tabulate(rows, heads, "github", disable_numparse=True)
    print(table)
    if args.page:
        name = f"gan_theory_{args.section}.png"
        figures.to_image(figure).save(os.path.join(os.path.dirname(args.page), name))
        pages.refresh(args.page, **{args.section: f"{table}\n\n![{args.section}]({name})\n"})


if __name__ == "__main__":
    main()
