"""Questions with several right answers: asked for a fairy tale, it tells one of eight, and no mean of them.

A regression would answer with the mean of all right answers, which is none of them. A model that is drawn
from has all of them, each as often as it is told. The set is small and made for this: what is learned are
the twelve questions and their answers, nothing else.
"""

import dataclasses

import kerasgen as kg
from kerasgen.zoo import seq2seq_sums as sums

BATCH, EPOCHS = 100, 24
PAIRS = 12_000  # of the training split


def build(width=32, units=64, rate=1e-2, decay_steps=EPOCHS * (PAIRS // BATCH), seed=0):
    """Characters of an answer, of the words of a question in any case and with any marks."""
    answers = kg.data.answers.RIGHT
    told = [answer for right in answers.values() for answer in right]
    event = kg.spaces.Characters(kg.data.texts.symbols_of(told), max(map(len, told)))
    condition = kg.spaces.Text(tuple(answers))
    sizes = {"source_vocabulary": condition.vocabulary, "width": width, "units": units, "cell": "lstm"}
    network = kg.networks.seq2seq.attentive(event.vocabulary, event.length, condition.length, **sizes)
    return sums.compiled(network, event, condition, rate, decay_steps, seed, ema=0.99)


recipe = dataclasses.replace(
    sums.recipe, build=build, data="answers", batch_size=BATCH, epochs=EPOCHS, tiny={"width": 2, "units": 2}
)
