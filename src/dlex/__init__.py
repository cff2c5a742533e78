"""dlex: exercises in deep learning, graded out of process."""

__version__ = "0.1.0"
