"""Corner over HTTP: pages, API, payment frame, faults."""
