def softmax(X):
    return softmax(X)
