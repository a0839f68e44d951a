"""OpenAPI 3.1 documents of both APIs, generated from their tables and schemas."""
