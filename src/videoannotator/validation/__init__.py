"""From the config that a user sent to typed options, or to field errors that say how to cure them."""

from videoannotator.validation.models import FieldError, FieldWarning, ValidationResult
from videoannotator.validation.validator import ConfigValidator

__all__ = ["ConfigValidator", "FieldError", "FieldWarning", "ValidationResult"]
