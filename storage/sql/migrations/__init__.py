"""The versions of the schema, applied in order by storage.sql.migrate."""
