import sys
import warnings

import torch


def softmax(X):
    print("\033[31mX is\033[0m", X.shape)
    print("careful", file=sys.stderr)
    warnings.warn("there is a warning", stacklevel=2)
    e = torch.exp(X - X.amax(dim=1, keepdim=True))
    P = e / e.sum(dim=1, keepdim=True)
    return P
