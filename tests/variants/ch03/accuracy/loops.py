def predict(row):
    best, where = None, 0
    for j, score in enumerate(row):
        if best is None or score > best:
            best, where = score, j
    return where


def accuracy(y_hat, y):
    labels = y.tolist()
    if not labels:
        raise ValueError("at least one example is needed")
    predictions = [predict(p) if isinstance(p, list) else p for p in y_hat.tolist()]
    right = 0
    for p, t in zip(predictions, labels):
        if p == t:
            right += 1
    return right / len(labels)
