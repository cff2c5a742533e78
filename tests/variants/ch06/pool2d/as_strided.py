class Pool:
    """A window that knows its size and how it reduces."""

    def __init__(self, size, mode):
        if mode not in ("max", "avg"):
            raise ValueError("mode must be one of: max, avg")
        self.size, self.mode = size, mode

    def windows(self, X):
        shape = [n - p + 1 for n, p in zip(X.shape, self.size, strict=True)]
        if min(shape) < 1:
            raise ValueError(f"pool_size {self.size} does not fit")
        return X.as_strided((*shape, *self.size), X.stride() * 2)

    def __call__(self, X):
        windows = self.windows(X)
        return windows.amax((-1, -2)) if self.mode == "max" else windows.mean((-1, -2))


def pool2d(X, pool_size, mode="max"):
    return Pool(pool_size, mode)(X)
