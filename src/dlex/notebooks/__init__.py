"""nbgrader courses: notebooks made from exercises, and autograding, feedback and export through dlex.

    dlex course ──► build ──► source/ch3/ch3.ipynb ──► nbgrader generate_assignment ──► learners
    submitted/ada/ch3/ch3.ipynb ──► exporter (reads) ──► restore ──► autograde ══► pool (grades)
                                                                        └──► gradebook, feedback, export

What is configured where: `dlex.notebooks.configure`. No module here imports torch.
"""
