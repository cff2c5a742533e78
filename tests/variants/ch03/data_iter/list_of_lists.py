import torch


def data_iter(batch_size, features, labels, generator=None):
    """Everything at once: a list of [X, y]."""
    if batch_size <= 0:
        raise ValueError("the batch size has to be 1 or more")
    n = features.shape[0]
    order = torch.argsort(torch.rand(n, dtype=torch.float64, generator=generator, device=features.device))
    batches = []
    start = 0
    while start < n:
        rows = order[start : start + batch_size]
        batches.append([features.index_select(0, rows), labels.index_select(0, rows)])
        start += batch_size
    return batches
