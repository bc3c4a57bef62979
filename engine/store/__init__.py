"""The store: where everything is kept. The only part that knows SQLAlchemy."""
