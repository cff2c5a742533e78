import torch


def permutation(n, generator):
    order = list(range(n))
    for last in range(n - 1, 0, -1):
        other = torch.randint(0, last + 1, (1,), generator=generator).item()
        order[last], order[other] = order[other], order[last]
    return order


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size < 1")
    batch = []
    for i in permutation(len(features), generator):
        batch.append(i)
        if len(batch) == batch_size:
            yield features[batch], labels[batch]
            batch = []
    if batch:
        yield features[batch], labels[batch]
