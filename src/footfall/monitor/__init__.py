"""The watch: the same journeys and probes on a schedule, incidents and alerts."""
