import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size")
    n = len(features)
    left = torch.ones(n, dtype=torch.float64)
    for start in range(0, n, batch_size):
        rows = torch.multinomial(left, min(batch_size, n - start), generator=generator)
        left[rows] = 0
        yield features[rows], labels[rows]
