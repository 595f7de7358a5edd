"""The crowd sense: Locust profiles, an honest recorder beside them, and the launcher that runs them."""
