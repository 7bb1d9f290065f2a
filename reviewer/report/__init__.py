"""SAYS: values in, values out. Markdown, annotations, SARIF, terminal text and JSON from what a review learned.

In reading order: `publication` is the whole, `comment` and `check_run` are what people see, `offers` decides in which
form a fix is shown and `proposal` words it, `text` and `masking` keep words from the repository harmless, `markers` is
how Plumbrule knows its own comments again.
"""
