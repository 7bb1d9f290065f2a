"""The edits that mend findings, and the rows of the table that ask for them."""
