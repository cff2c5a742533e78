"""The untrusted side: everything that runs in the same process as a submission.

    wire      the messages that cross the boundary, and their frames
    values    tensors and other values to messages and back
    executor  runs the calls that a message asks for
    items     reads results that are to be looped over
    gpu       runs calls on a GPU, a pretend one where there is no other
    operations  counts what they cost
    serve     loads a submission and answers messages
    by_hand   kernels and functions that an exercise wants written by hand
    lockdown  restrictions that a child puts on itself, for good
    zygote    the warm process that workers are forked from

Modules here import nothing from the rest of dlex: inside the sandbox the rest does not exist.
"""
