"""Questions that have several right answers: what a model is to draw from, and not to average."""

import numpy as np

RIGHT = {  # question: all answers that count as right, each as probable as the others
    "who wrote fairy tales": (
        "andersen", "the brothers grimm", "perrault", "wilhelm hauff", "oscar wilde", "pushkin",
    ),
    "tell me a fairy tale": (
        "cinderella", "the snow queen", "red riding hood", "puss in boots", "the little mermaid",
        "hansel and gretel", "bluebeard", "the ugly duckling",
    ),
    "name a color": ("red", "green", "blue", "yellow", "white", "black"),
    "name a season": ("spring", "summer", "autumn", "winter"),
    "name an animal": ("cat", "dog", "horse", "tiger", "monkey"),
    "roll a die": ("one", "two", "three", "four", "five", "six"),
    "name a planet": (
        "mercury", "venus", "earth", "mars", "jupiter", "saturn", "uranus", "neptune",
    ),
    "how do i get to the station": (
        "walk along the river", "take the tram", "turn left twice", "ask someone else",
    ),
    "what shall we eat": (
        "noodles", "dumplings", "fried rice", "a sandwich", "whatever you like",
    ),
    "how are you": ("fine, thank you", "very well", "a little tired", "and you?"),
    "say something nice": (
        "what a lovely day", "you look well", "i like your hat", "good work", "it suits you",
    ),
    "what is six times seven": ("forty-two",),
}  # fmt: skip
SPLITS = {"train": (12_000, 0), "test": (3_000, 1)}  # examples, seed


def draw(num, seed):
    """(answers, questions), strings (num,): a random question each time, and a random right answer."""
    random = np.random.default_rng(seed)
    asked = random.choice(list(RIGHT), num).tolist()
    told = [str(random.choice(RIGHT[question])) for question in asked]
    return np.array(told, object), np.array(asked, object)


def log_prob(answers, questions):
    """log p(answer | question) in nats, float64 (num,); minus infinity for answers that are not right."""
    pairs = zip(answers, questions, strict=True)
    known = [(RIGHT[question], answer) for answer, question in pairs]
    return np.array([-np.log(len(right)) if answer in right else -np.inf for right, answer in known])
