"""The crowd's HTTP client: gevent sockets and a parser in C, without Locust."""
