def softmax(X):
    return 1
