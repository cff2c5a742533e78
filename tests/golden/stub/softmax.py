def softmax(X):
    raise NotImplementedError("write me")
