-- The two roles, for the whole server. Run by a superuser; may be repeated.
-- daicho_owner owns the database and migrates it. daicho_app is what the program runs as: it owns
-- nothing and is a member of nothing, so that it cannot switch off the triggers of the trail.
DO $$
DECLARE
  r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['daicho_owner', 'daicho_app'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I', r);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', r);
  END LOOP;
END $$;

-- At the role rather than in postgresql.conf: they also hold for a psql opened by hand as this
-- role, and never for a migration or a backup.
ALTER ROLE daicho_app SET statement_timeout = '10s';
ALTER ROLE daicho_app SET lock_timeout = '5s';
ALTER ROLE daicho_app SET idle_in_transaction_session_timeout = '60s';
