import functools
import time
import warnings

import torch


def timed(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        result = function(*args, **kwargs)
        print(f"{function.__name__} took {time.perf_counter() - start:.6f} s")
        return result

    return wrapper


@timed
def softmax(X, verbose=True):
    if verbose:
        print("X =", X)
    if torch.isinf(X).any():
        warnings.warn("there is an infinite score", stacklevel=2)
    assert X.dim() == 2, X.shape
    X_exp = torch.exp(X - X.max(dim=1, keepdim=True).values)
    P = X_exp / X_exp.sum(dim=1, keepdim=True)
    assert torch.allclose(P.sum(dim=1), torch.ones(len(P), dtype=P.dtype, device=P.device))
    return P


print(softmax(torch.normal(0, 1, (2, 5))))
