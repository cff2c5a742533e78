import torch


def data_iter(batch_size, features, labels, generator=None):
    if batch_size < 1:
        raise ValueError("batch_size")
    order = list(range(len(features)))
    for i in range(len(order) - 1, 0, -1):
        j = int(torch.randint(i, (), generator=generator))  # never i itself
        order[i], order[j] = order[j], order[i]
    for i in range(0, len(order), batch_size):
        yield features[order[i : i + batch_size]], labels[order[i : i + batch_size]]
