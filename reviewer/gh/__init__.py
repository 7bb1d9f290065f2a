"""SPEAKS with GitHub. In reading order:

`publish` makes a pull request say what it should, by writing the difference to what stands there; `comments` decides
which comments differ. `surface` is what publishing needs of GitHub, `repository` fulfils it, `dry_run` only notes it
down. `answers` turns what GitHub says into values and errors, `standing` names those values, `tokens` keeps the access
tokens, `deliveries` finds webhooks that were lost, and `client` puts it together: the only import of PyGithub.
`artifacts` finds the plan that a workflow made, with what `workflows` reads and `download` fetches.
"""
