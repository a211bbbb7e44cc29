-- Gives each login role the password of its secret file. Run by the database container when its volume is empty,
-- after roles.sql; run it again by hand (psql -f) when a password is changed.
\set funds `cat /run/secrets/funds_password`
\set audit `cat /run/secrets/audit_password`
\set identity `cat /run/secrets/identity_password`
ALTER ROLE funds_app PASSWORD :'funds';
ALTER ROLE audit_app PASSWORD :'audit';
ALTER ROLE identity_app PASSWORD :'identity';
