-- Ownership and rights of one database. Run by a superuser inside it, after roles.sql; may be
-- repeated. The application gets nothing but the right to connect and to look up names; tables are
-- granted by the migrations. TEMPORARY is not granted: a temporary table could stand before a real
-- one in the search path of a trigger function.
DO $$
DECLARE
  db text := quote_ident(current_database());
BEGIN
  EXECUTE 'ALTER DATABASE ' || db || ' OWNER TO daicho_owner';
  EXECUTE 'REVOKE ALL ON DATABASE ' || db || ' FROM PUBLIC, daicho_app';
  EXECUTE 'GRANT CONNECT ON DATABASE ' || db || ' TO daicho_app';
END $$;
ALTER SCHEMA public OWNER TO daicho_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO daicho_app;
