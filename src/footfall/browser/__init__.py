"""Journeys: what a customer does, in a real browser, step by step, through pytest-playwright."""
