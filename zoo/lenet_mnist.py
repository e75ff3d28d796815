"""LeNet on MNIST: the classifier whose features and labels judge the digits of the other entries.

Trained by the plain supervised recipe: the training split to learn, the test split to
report, cross-entropy, dropout against overfitting. The layer before the logits, 128
rectified units, is the feature space of `fid_lenet_mnist_v1` and its like.
"""

import kerasgen as kg

IMAGE = (28, 28, 1)
BATCH, EPOCHS = 128, 20


def build(
    image_shape=IMAGE,
    num_classes=10,
    decay_steps=EPOCHS * (60_000 // BATCH),
    width=32,
    features=128,
    levels=2,
    seed=0,
):
    """Adam with a learning rate that falls to zero along half a cosine of `decay_steps`; averaged weights."""
    network = kg.networks.lenet.classifier(image_shape, num_classes, width, features, levels=levels)
    model = kg.Classifier(network, ema=0.999, seed=seed)
    model.compile(kg.training.decaying_adam(2e-3, decay_steps), jit_compile=False)  # XLA takes thrice as long
    return model


recipe = kg.Recipe(
    build=build,
    data="mnist",
    batch_size=BATCH,
    epochs=EPOCHS,
    tiny={"width": 2, "features": 8},
    family="classifier",
    reference=kg.Reference(
        "LeCun et al. (1998)", "doi:10.1109/5.726791",
        metric="test error of LeNet-5, without and with distorted images", value="0.95 %, 0.8 %",
    ),
)  # fmt: skip
