"""What leaves an author's machine: the learners' edition of a course, and a Gradescope autograder.

find.py        which checks of a grader are hidden, by its syntax tree alone
cut.py         a grader without them, and without what only they used
loses.py       a reference that does not name them
splice.py      elements taken out of a list in source text
verify.py      loads what was cut, and compares it with the course
edition.py     the learners' edition, written as a whole or not at all
packages.py    what dlex needs, in the versions of this machine
gradescope.py  the autograder bundle
"""
