def cross_entropy(y_hat, y):
    return -y_hat.gather(1, y.long().view(-1, 1)).squeeze(1).log()
