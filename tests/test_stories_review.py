"""A pull request is reviewed, from the webhook to what stands on it."""

from tests.world import PUBLIC_BUCKET


def test_a_public_bucket_blocks_and_is_commented_on_its_line(world):
    pull = world.review({"main.tf": PUBLIC_BUCKET})
    assert pull.check_run.conclusion == "failure"
    (comment,) = pull.comments
    assert (comment.path, comment.line) == ("main.tf", 3)
    assert "CKV_AWS_20" in comment.body
