"""What the fake answers to, one module for each part of GitHub's REST API, apart from the state they act on."""

from tests.fake_github.routes import actions, apps, checks, comments, git_data, graphql, pulls, repos, reviews, scanning
from tests.fake_github.routes.call import Route

ROUTES: tuple[Route, ...] = tuple(
    route
    for module in (actions, apps, checks, comments, git_data, graphql, pulls, repos, reviews, scanning)
    for route in module.route.found
)
