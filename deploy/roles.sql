-- The owner of all schemas and one login role per service. Run once as a role that may create roles; repeating is harmless.
-- Passwords are set by whoever runs the database (`deploy/onebox` draws new ones at every start).
DO $$
DECLARE wanted text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'qingliu_owner') THEN
    CREATE ROLE qingliu_owner NOLOGIN NOBYPASSRLS;
  END IF;
  FOREACH wanted IN ARRAY ARRAY['funds_app', 'audit_app', 'identity_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN NOBYPASSRLS', wanted);
    END IF;
  END LOOP;
END $$;
GRANT qingliu_owner TO CURRENT_USER;
CREATE SCHEMA IF NOT EXISTS funds AUTHORIZATION qingliu_owner;
CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION qingliu_owner;
CREATE SCHEMA IF NOT EXISTS identity AUTHORIZATION qingliu_owner;
GRANT USAGE ON SCHEMA funds TO funds_app;
GRANT USAGE ON SCHEMA audit TO audit_app;
GRANT USAGE ON SCHEMA identity TO identity_app;
