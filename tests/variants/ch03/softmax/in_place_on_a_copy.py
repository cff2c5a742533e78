def softmax(X):
    Y = X.clone()
    Y -= Y.max(dim=1, keepdim=True).values.detach()
    Y.exp_()
    return Y / Y.sum(dim=1, keepdim=True)
