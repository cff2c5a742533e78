def accuracy(y_hat, y):
    if len(y) == 0:
        raise ValueError("y holds no examples")
    if y_hat.dim() == 2:
        y_hat = y_hat.argmax(dim=1)
    return y_hat.eq_(y).double().mean().item()
