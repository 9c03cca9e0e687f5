"""Mails: what they say, to whom they go, and that each is sent until somebody took it."""
