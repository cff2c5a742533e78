import torch


def halves(order, batch_size):
    if len(order) <= batch_size:
        yield order
        return
    middle = max(1, len(order) // batch_size // 2) * batch_size
    yield from halves(order[:middle], batch_size)
    yield from halves(order[middle:], batch_size)


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("a batch needs at least one example")
    order = torch.randperm(len(features), generator=generator)
    return map(lambda rows: (features[rows], labels[rows]), halves(order, batch_size))
