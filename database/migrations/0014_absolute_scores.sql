-- A second score by an absolute indicator, which damage was compared with the base period's, and the version of the methods.

-- Consumers read these views, and every reader waits behind a lock that waits. So it gives up after 50 ms and tries again, up
-- to a minute.
DO $expand$
DECLARE
  calculation text;
  relation text;
  added text;
  passed_on text;
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.hazard_rows ADD COLUMN score_absolute double precision;
      ALTER TABLE climatebatch.probability_rows ADD COLUMN damage_change_of text;
      ALTER TABLE climatebatch.batch_risks ADD COLUMN methods_version smallint;
      FOREACH calculation IN ARRAY ARRAY['probability', 'hazard'] LOOP
        added := CASE calculation WHEN 'hazard'
          THEN 'r.score_absolute, climatebatch.hazard_level(round(r.score_absolute::numeric, 2)::double precision) AS level_absolute'
          ELSE 'r.damage_change_of' END || ', coalesce(d.methods_version, 1::smallint) AS methods_version';
        passed_on := CASE calculation WHEN 'hazard' THEN 'score_absolute, level_absolute' ELSE 'damage_change_of' END || ', methods_version';
        FOREACH relation IN ARRAY ARRAY['climatebatch.%s_all_batches', 'climatebatch.%s_results', 'public.%s_results'] LOOP
          relation := format(relation, calculation);
          EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', relation, regexp_replace(pg_get_viewdef(relation::regclass), '\n   FROM ',
            ', ' || CASE WHEN relation LIKE '%all_batches' THEN added ELSE passed_on END || E'\n   FROM '));
        END LOOP;
      END LOOP;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      IF tries = 200 THEN
        RAISE EXCEPTION 'the result views are being read in open transactions for a minute and could not be extended'
          USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
      END IF;
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
END $expand$;
COMMENT ON COLUMN climatebatch.hazard_rows.score_absolute IS
  'score of an indicator with a fixed threshold: HD33 of heat, CW12 of cold; null for other risks and without daily series';
COMMENT ON COLUMN climatebatch.probability_rows.damage_change_of IS 'which damage damage_change compares: continuous or bins';
COMMENT ON COLUMN climatebatch.batch_risks.methods_version IS 'version of the method set that computed the batch; null: 1';
