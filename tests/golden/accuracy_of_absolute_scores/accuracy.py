def accuracy(y_hat, y):
    if len(y) == 0:
        raise ValueError("y holds no examples")
    if y_hat.dim() == 2:
        y_hat = y_hat.abs().argmax(dim=1)
    return (y_hat == y).double().mean().item()
