"""Alembic migrations, one step of the schema each; run when a store is opened."""
