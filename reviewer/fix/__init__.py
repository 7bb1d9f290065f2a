"""PROPOSES: recipes, the editors that apply them byte by byte, and what follows for the lines of a file.

Pure: bytes of files in, bytes of files out. The editors parse hostile bytes with C parsers, so they run only in the
contained child (and in tests). Whether an edit mends anything is not known here: `scan.proof` finds out.
"""
