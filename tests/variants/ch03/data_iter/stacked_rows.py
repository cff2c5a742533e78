import random

import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size = %d" % batch_size)
    source = random
    if generator is not None:
        source = random.Random(torch.randint(2**60, (), generator=generator).item())
    pairs = list(zip(features, labels))
    source.shuffle(pairs)
    while pairs:
        head, pairs = pairs[:batch_size], pairs[batch_size:]
        X, y = zip(*head)
        yield torch.stack(X), torch.stack(y)
