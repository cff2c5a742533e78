import torch


class Accumulator:
    """For accumulating sums over n variables."""

    def __init__(self, n):
        self.data = [0.0] * n

    def add(self, *args):
        self.data = [a + float(b) for a, b in zip(self.data, args)]

    def __getitem__(self, index):
        return self.data[index]


def accuracy(y_hat, y):
    metric = Accumulator(2)
    with torch.no_grad():
        for p, t in zip(y_hat, y):
            metric.add((p.argmax() if p.dim() else p) == t, 1)
    print(f"{metric[0]} of {metric[1]} are right")
    try:
        return metric[0] / metric[1]
    except ZeroDivisionError:
        raise ValueError("accuracy of an empty batch: y has length 0") from None
