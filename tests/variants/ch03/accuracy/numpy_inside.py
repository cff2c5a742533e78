import numpy as np


def accuracy(y_hat, y):
    scores, labels = y_hat.detach().cpu().numpy(), y.cpu().numpy()
    if labels.size == 0:
        raise ValueError("`y` is empty")
    predicted = np.argmax(scores, axis=1) if scores.ndim == 2 else scores
    return float(np.mean(predicted == labels))
