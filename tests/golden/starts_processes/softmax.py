import subprocess


def softmax(X):
    subprocess.run(["true"], check=True)
    return X
