"""API keys: issue, check, revoke."""
