def softmax(X):
    return X / 0 * 0
