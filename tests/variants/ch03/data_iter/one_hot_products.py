import torch


def data_iter(batch_size, features, labels, generator=None):
    """Rows picked by a permutation matrix; the labels by gather."""
    if batch_size < 1:
        raise ValueError("batch_size must be >= 1")
    n = len(features)
    order = torch.randperm(n, generator=generator, device=features.device)
    P = torch.nn.functional.one_hot(order, n).to(features.dtype)
    shuffled = torch.tensordot(P, features, dims=1)
    places = order.reshape(n, *[1] * (labels.dim() - 1)).expand(labels.shape)
    answers = torch.gather(labels, 0, places)
    for k in range((n + batch_size - 1) // batch_size):
        rows = slice(k * batch_size, (k + 1) * batch_size)
        yield shuffled[rows], answers[rows]
