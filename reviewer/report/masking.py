"""The report's way to the shapes of secrets, which plans know as well (`reviewer.masking`)."""

from __future__ import annotations

from reviewer.masking import MASK, mask_secrets

__all__ = ["MASK", "mask_secrets"]
