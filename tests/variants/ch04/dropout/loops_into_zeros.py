import torch


def dropout(X, p, training=True, generator=None):
    if p < 0:
        raise ValueError("p is negative")
    if p > 1:
        raise ValueError("p is larger than 1")
    if not training:
        return X
    result = X.new_zeros(X.numel())
    numbers = torch.rand(X.numel(), generator=generator)
    values = X.flatten()
    for i, number in enumerate(numbers.tolist()):
        if number >= p:
            result[i] = values[i] / (1.0 - p)
    return result.view(X.shape)
