"""How the world talks to us: HTTP and the command line. Translates and delegates."""
