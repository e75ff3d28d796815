"""From a clone to pictures: what a student does first, in twenty lines. Run it in any folder."""

import kerasgen

model = kerasgen.load("cvae_mnist")  # with its weights, which the package holds
digits = model.sample(16, seed=7)  # float32 (16, 28, 28, 1) in [0, 1]; equal seeds, equal digits
kerasgen.media.sheet(digits, model.event).save("samples.png")
sevens = model.sample(16, seed=7, condition=7)
kerasgen.media.sheet(sevens, model.event).save("sevens.png")
paths = model.interpolate(6, 8, seed=0, condition=[0, 1, 2, 3, 4, 5])  # six paths of eight digits
kerasgen.media.sheet(paths.reshape(-1, 28, 28, 1), model.event).save("paths.png")
images, labels = kerasgen.data.arrays("mnist_small", "test")
real, label = images[:8] / 255, labels[:8]
mean, std = model.encode(real, label)  # q(z | x): 20 numbers each
again = model.decode(mean, label)
nats = model.log_prob(real, label, num_samples=50)  # an importance-weighted bound of log p(x | label)
print("squared error of a pixel", ((again - real) ** 2).mean().round(4), "nats", nats.mean().round(1))
gan = kerasgen.load("dcgan_mnist")
known = [[[0.0]]] * 14 + [[[1.0]]] * 14  # rows of pixels: the upper half is to be guessed
whole = gan.inpaint(real * 2 - 1, known, seed=0, num_steps=100, repeats=1)
kerasgen.media.sheet(whole, gan.event).save("completed.png")
