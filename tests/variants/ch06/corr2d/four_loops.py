"""Four loops and one number at a time."""


def corr2d(X, K):
    rows = X.size(0) - K.size(0) + 1
    cols = X.size(1) - K.size(1) + 1
    if rows < 1 or cols < 1:
        raise ValueError("K does not fit into X")
    Y = X.new_zeros(rows, cols)
    for i in range(rows):
        for j in range(cols):
            for a in range(K.size(0)):
                for b in range(K.size(1)):
                    Y[i, j] += X[i + a, j + b] * K[a, b]
    return Y
