import sys


def softmax(X):
    print(X)
    sys.exit(0)
