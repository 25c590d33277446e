"""What nbgrader must be told for this course; `classroom/grading.py` says how it is used."""

c = get_config()  # noqa: F821, nbgrader's own

c.CourseDirectory.course_id = "gan_edu"
# A chapter's own stub stands before the solution, and stays.
c.ClearSolutions.code_stub = {"python": ""}
# A cell that trains takes 30 s on two free cores; on a server that grades it may take many times
# that. An endless one is interrupted, costs its own point, and the next cell goes on.
c.Execute.timeout = 180
c.Execute.interrupt_on_timeout = True
