-- The group roles of a climatebatch database, and what belongs to no schema. Run by a user who may create roles, connected to that
-- database, as often as you like; rights on tables and views are given by `climatebatch migrate`. See docs/roles.md.

DO $roles$
DECLARE
  group_role text;
BEGIN
  FOREACH group_role IN ARRAY ARRAY['climatebatch_owner', 'climatebatch_operator', 'climatebatch_job', 'climatebatch_reader', 'climatebatch_requester'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = group_role) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', group_role);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), group_role);
  END LOOP;
  EXECUTE format('GRANT CREATE ON DATABASE %I TO climatebatch_owner', current_database());
END $roles$;

-- The three views with the predecessor's names are in public.
GRANT USAGE, CREATE ON SCHEMA public TO climatebatch_owner;
GRANT USAGE ON SCHEMA public TO climatebatch_operator, climatebatch_reader;

-- Without it a slot is used again only a day after its release: whether an older snapshot still reads it cannot be seen.
DO $stats$
BEGIN
  GRANT pg_read_all_stats TO climatebatch_operator;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'climatebatch_operator could not be given pg_read_all_stats: ask an administrator of the server for GRANT pg_read_all_stats TO climatebatch_operator';
END $stats$;
