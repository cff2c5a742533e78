import torch


def total(terms):
    """Adds up the last dimension by halves."""
    if terms.shape[-1] == 1:
        return terms[..., 0]
    half = terms.shape[-1] // 2
    return total(terms[..., half:]) + total(terms[..., :half])


def predict(X, w, b):
    everything = torch.cat([b.reshape(1, 1).expand(len(X), 1), X * w], dim=1)  # (n, 1 + d)
    return (~(total(everything) < 0)).long()


def update(w, b, x, y, lr=1.0):
    wrong = predict(x.view(1, -1) if x.is_contiguous() else x.reshape(1, -1), w, b).item() != y
    if not wrong:
        return w.clone(), b.clone()
    direction = 2 * y - 1
    return w + direction * x * lr, b + direction * lr
