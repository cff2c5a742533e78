def softmax(X):
    return X.view(X.shape)
