"""Tables, sessions, reads and writes. Imports nothing from `engine`; nothing else imports SQLAlchemy."""
