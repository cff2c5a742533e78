def softmax(X):
    if X.shape[0] > 0:
        raise ValueError("X is not what I thought")
    return X
