"""No gradient is asked for, so numpy will do."""

import numpy as np
import torch


def as_array(tensor):
    return tensor.detach().cpu().numpy()


def predict(X, w, b):
    z = as_array(X) @ as_array(w) + as_array(b)
    return torch.from_numpy(np.where(z >= 0, 1, 0).astype(np.int64)).to(X.device)


def update(w, b, x, y, lr=1.0):
    error = int(y) - int(predict(x[None], w, b))
    new_w = as_array(w) + lr * error * as_array(x)
    return torch.from_numpy(new_w).to(w.device), b.detach() + lr * error
