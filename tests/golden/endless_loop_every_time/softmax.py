def softmax(X):
    while X.sum() == X.sum():
        pass
    return X
