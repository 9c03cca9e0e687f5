"""People: how they prove who they are, what they may do, and what is kept of them."""
