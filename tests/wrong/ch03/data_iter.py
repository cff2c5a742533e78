import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size must be at least 1")
    n = len(features)
    order = torch.randperm(n, generator=generator)
    for k in range(n // batch_size):
        batch = order[k * batch_size : (k + 1) * batch_size]
        yield features[batch], labels[batch]
