import torch


class Neuron:
    """Fires or not."""

    def __init__(self, w, b):
        self.w, self.b = w, b

    def fires(self, x):
        z = (self.w * x).sum(-1) + self.b
        print("score", z)
        return z >= 0

    def learn(self, x, target, lr):
        fired = bool(self.fires(x))
        if fired and not target:
            self.w, self.b = self.w - lr * x, self.b - lr
        elif not fired and target:
            self.w, self.b = self.w + lr * x, self.b + lr


def predict(X, w, b):
    return Neuron(w, b).fires(X).type(torch.int64)


def update(w, b, x, y, lr=1.0):
    neuron = Neuron(w, b)
    neuron.learn(x, y, lr)
    return neuron.w, neuron.b
