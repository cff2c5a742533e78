def corr2d(X, K):
    h, w = K.shape
    if h > X.shape[0] and w > X.shape[1]:
        raise ValueError("K does not fit into X")
    Y = X.new_zeros((max(0, X.shape[0] - h + 1), max(0, X.shape[1] - w + 1)))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y
