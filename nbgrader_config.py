"""How nbgrader runs this course. Every nbgrader command works in this folder."""

c = get_config()  # noqa: F821  nbgrader provides it

c.CourseDirectory.course_id = "grad-school"

c.ClearSolutions.code_stub = {
    "python": "# Write your answer in place of the next line.\nraise NotImplementedError",
}

# nbgrader's own list, but a submission runs in the jail and is marked from outside it.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader.JailedExecute",  # in the place of nbgrader.preprocessors.Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# Notebooks are read as front ends write them.
c.Autograde.exporter_class = "autograder.nbgrader.AnyNotebook"
# What runs and marks submissions then starts while nbgrader still gets ready.
c.Autograde.pre_convert_hook = "autograder.nbgrader.start"

# On a feedback page nothing runs that a student wrote.
c.GenerateFeedback.exporter_class = "autograder.grading.exporter.SafeExporter"
# In the exported table no name is a formula.
c.ExportApp.plugin_class = "autograder.nbgrader.CsvExport"
