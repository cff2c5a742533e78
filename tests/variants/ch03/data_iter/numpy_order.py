import numpy as np
import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size is too small")
    seed = None if generator is None else int(torch.randint(2**31, (1,), generator=generator))
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(features)))
    for rows in torch.chunk(order, len(order)) if batch_size == 1 else torch.split(order, batch_size):
        yield features[rows], labels[rows]
