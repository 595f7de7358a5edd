"""Memory: the spool that capture writes, the store that takes it in, and the readers of both."""
