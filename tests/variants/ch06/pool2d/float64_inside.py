"""Number by number, in float64, rounded at the end."""

import torch


def pool2d(X, pool_size, mode="max"):
    if mode not in ("max", "avg"):
        raise ValueError("'mode' is neither 'max' nor 'avg'")
    (h, w), (ph, pw) = X.shape, pool_size
    if ph > h or pw > w:
        raise ValueError("the window does not fit")
    wide = X.double()
    rows = []
    for i in range(h - ph + 1):
        row = []
        for j in range(w - pw + 1):
            entries = [wide[i + a, j + b] for a in range(ph) for b in range(pw)]
            if mode == "max":
                best = entries[0]
                for entry in entries[1:]:
                    if entry > best:
                        best = entry
                row.append(best)
            else:
                row.append(sum(entries) / len(entries))
        rows.append(torch.stack(row))
    return torch.stack(rows).to(X.dtype)
