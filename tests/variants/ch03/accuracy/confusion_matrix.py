import torch


def accuracy(y_hat, y):
    if len(y_hat) == 0 or len(y) == 0:
        raise ValueError("y_hat and y are empty")
    predicted = torch.argmax(y_hat, dim=1) if y_hat.dim() > 1 else y_hat
    classes = int(max(predicted.max(), y.max())) + 1
    counts = torch.bincount(classes * y + predicted, minlength=classes**2).reshape(classes, classes)
    return (counts.trace() / counts.sum()).item()
