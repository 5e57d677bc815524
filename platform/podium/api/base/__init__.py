"""What the operations of the API share."""

ROOT = "/api/v1"
