def softmax(X):
    open("/etc/passwd").read()
    return X
