import numpy as np
import torch


def back(array, x):
    return torch.as_tensor(np.asarray(array), dtype=x.dtype, device=x.device)


def relu_grad(x):
    a = x.detach().cpu().numpy()
    return back(np.where(a > 0, 1.0, 0.0), x)


def sigmoid_grad(x):
    a = x.detach().cpu().numpy().astype(np.float64)
    y = 0.5 * (1 + np.tanh(a / 2))
    return back(y * (1 - y), x)


def tanh_grad(x):
    return back(1 - np.tanh(x.detach().cpu().numpy()) ** 2, x)
