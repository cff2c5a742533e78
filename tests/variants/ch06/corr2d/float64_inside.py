"""Lists of numbers in float64, stacked and rounded at the end."""

import torch


def corr2d(X, K):
    image, kernel = X.double(), K.double()
    kh, kw = kernel.size()
    if kh > image.size(0) or kw > image.size(1):
        raise ValueError("The kernel K must not exceed the image X")
    rows = []
    for i in range(image.size(0) - kh + 1):
        row = [
            sum(image[i + a, j + b] * kernel[a, b] for a in range(kh) for b in range(kw))
            for j in range(image.size(1) - kw + 1)
        ]
        rows.append(torch.stack(row))
    return torch.stack(rows).to(X.dtype)
