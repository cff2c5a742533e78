def accuracy(y_hat, y):
    if y_hat.shape[0] == 0:
        raise ValueError("y_hat has no rows")
    if y_hat.ndim > 1:
        y_hat = y_hat.argmax(-1)
    return (y_hat == y).float().mean().item()
