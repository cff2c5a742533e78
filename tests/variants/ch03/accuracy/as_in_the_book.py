def accuracy(y_hat, y):
    """计算预测正确的比例"""
    if len(y) == 0:
        raise ValueError("样本数不能为 0")
    if len(y_hat.shape) > 1:
        y_hat = y_hat.argmax(axis=1)
    cmp = y_hat.type(y.dtype) == y
    return float(cmp.type(y.dtype).sum()) / len(y)
