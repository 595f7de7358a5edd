"""The browser sense: a pytest plugin that walks journeys and records steps and Web Vitals."""
