"""What an operator may change: the default policy, severities, gunicorn, the App manifest."""
