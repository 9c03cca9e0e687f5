"""The HTTP API. One route table; validation, OpenAPI, tests and docs are made from it."""
