import torch


def dropout(X, p, training=True, generator=None):
    if not 0.0 <= p <= 1.0:
        raise ValueError("the probability p has to be between 0 and 1")
    if not training:
        return X
    flat = X.reshape(-1)
    entries = []
    for i in range(len(flat)):
        if torch.rand(1, generator=generator).item() < p:
            entries.append(torch.zeros((), dtype=X.dtype, device=X.device))
        else:
            entries.append(flat[i] / (1 - p))
    return torch.stack(entries).reshape(X.shape)
