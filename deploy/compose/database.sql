-- Run once, by a database that is empty yet: the bot gets a plain role that owns its database and is bound by row level
-- security. The superuser has no password from here on, so nobody is it but through this container's own socket.
\set secret `cat /run/secrets/database_password`
CREATE ROLE clearshot LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD :'secret';
CREATE DATABASE clearshot OWNER clearshot;
REVOKE CONNECT ON DATABASE clearshot FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
