class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no words")


def softmax(X):
    raise Unprintable
