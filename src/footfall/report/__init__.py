"""Voices: verdicts and figures in, bytes out. A renderer neither opens files nor asks the store."""
