"""The live dashboard of `footfall watch --serve`: what is broken now, and the buttons of those who look after it."""
