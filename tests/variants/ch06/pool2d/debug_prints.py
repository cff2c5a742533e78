import torch

CALLS = 0


def pool2d(X, pool_size, mode="max"):
    global CALLS
    CALLS += 1
    print(f"call {CALLS}: {tuple(X.shape)} {pool_size} {mode}")
    if pool_size[0] > X.shape[0] or pool_size[1] > X.shape[1]:
        raise ValueError(f"pool_size {pool_size}, X {tuple(X.shape)}")
    if mode == "max":
        rows = [X[a : X.shape[0] - pool_size[0] + 1 + a] for a in range(pool_size[0])]
        tall = rows[0]
        for row in rows[1:]:
            tall = torch.where(row > tall, row, tall)
        columns = [tall[:, b : X.shape[1] - pool_size[1] + 1 + b] for b in range(pool_size[1])]
        best = columns[0].clone()
        for column in columns[1:]:
            best = torch.max(best, column)
        print(best)
        return best
    if mode == "avg":
        windows = X.unfold(0, pool_size[0], 1).unfold(1, pool_size[1], 1)
        average = torch.einsum("ijab->ij", windows).div(pool_size[0] * pool_size[1])
        print(average)
        return average
    raise ValueError(f"mode should be 'max' or 'avg', got {mode!r}")
