-- Plain names for views and columns; requests checked by the rules that every program has; functions that no other schema's
-- objects can be slipped into.

DO $refuse$
DECLARE
  unfinished integer;
BEGIN
  SELECT count(*) INTO unfinished FROM climatebatch.batches WHERE state = 'running';
  IF unfinished > 0 THEN
    RAISE EXCEPTION 'unfinished batches: %; their shards know the columns under their former names', unfinished
      USING ERRCODE = 'object_in_use', HINT = 'Let them end, or cancel them (see climatebatch status), then migrate again.';
  END IF;
END $refuse$;

-- A span of 15 to 40 years as {"firstYear": 2041, "lastYear": 2060}, also from "2041-2060"; null from anything else.
CREATE OR REPLACE FUNCTION climatebatch.request_period(given jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('firstYear', years[1]::integer, 'lastYear', years[2]::integer)
  FROM regexp_match(
    CASE jsonb_typeof(given) WHEN 'string' THEN given #>> '{}' WHEN 'object' THEN CASE
      WHEN given - 'firstYear' - 'lastYear' = '{}' AND jsonb_typeof(given -> 'firstYear') = 'number' AND jsonb_typeof(given -> 'lastYear') = 'number'
      THEN (given ->> 'firstYear') || '-' || (given ->> 'lastYear') END END,
    '^([1-9][0-9]{3})-([1-9][0-9]{3})$') AS years
  WHERE years[2]::integer - years[1]::integer BETWEEN 14 AND 39
$$;

CREATE FUNCTION climatebatch.is_request_name(given jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_typeof(given) = 'string' AND given #>> '{}' ~ '^([A-Za-z0-9_.+-]|[^\u0001-\u007F]){1,100}$'
$$;

-- Whether the value is a whole number of the range.
CREATE FUNCTION climatebatch.is_request_number(given jsonb, lowest bigint, highest bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(given) = 'number' AND given::text ~ '^[0-9]{1,13}$' THEN given::text::bigint BETWEEN lowest AND highest ELSE false END
$$;

-- Whether the value is a list of 1 to `most` different items.
CREATE FUNCTION climatebatch.is_request_list(given jsonb, most integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN jsonb_typeof(given) = 'array' THEN jsonb_array_length(given) BETWEEN 1 AND most
    AND (SELECT count(*) = count(DISTINCT coalesce(climatebatch.request_period(one), one)) FROM jsonb_array_elements(given) AS one)
    ELSE false END
$$;

-- What a field of the options should have been; null when it is.
CREATE OR REPLACE FUNCTION climatebatch.request_option_expects(field text, given jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE field
    WHEN 'methods' THEN CASE WHEN given NOT IN ('"published"', '"predecessor"') THEN '"published" or "predecessor"' END
    WHEN 'grid' THEN CASE WHEN NOT climatebatch.is_request_name(given) THEN 'the name of a grid' END
    WHEN 'risks' THEN CASE
      WHEN NOT climatebatch.is_request_list(given, 100) OR NOT given <@ to_jsonb(enum_range(NULL::climatebatch.risk))
      THEN 'a list of ' || array_to_string(enum_range(NULL::climatebatch.risk), ', ') || ', each once' END
    WHEN 'scenarios' THEN CASE
      WHEN NOT climatebatch.is_request_list(given, 64)
        OR EXISTS (SELECT FROM jsonb_array_elements(given) AS one WHERE NOT climatebatch.is_request_name(one))
      THEN 'a list of 1 to 64 names of scenarios, each once' END
    WHEN 'basePeriod' THEN CASE
      WHEN climatebatch.request_period(given) IS NULL THEN 'a span of 15 to 40 years such as "1991-2020"' END
    WHEN 'periods' THEN CASE
      WHEN NOT climatebatch.is_request_list(given, 24)
        OR EXISTS (SELECT FROM jsonb_array_elements(given) AS one WHERE climatebatch.request_period(one) IS NULL)
      THEN 'a list of 1 to 24 spans of 15 to 40 years such as ["2041-2060"], each once' END
    WHEN 'cellsPerShard' THEN CASE
      WHEN NOT climatebatch.is_request_number(given, 1, 1000000) THEN 'a whole number from 1 to 1000000' END
    WHEN 'parallelism' THEN CASE
      WHEN NOT climatebatch.is_request_number(given, 1, 1000) THEN 'a whole number from 1 to 1000' END
    WHEN 'maxRejectedCells' THEN CASE
      WHEN NOT climatebatch.is_request_number(given, 0, 1000000000000) THEN 'a whole number from 0 to 1000000000000' END
    ELSE 'one of the fields basePeriod, cellsPerShard, grid, maxRejectedCells, methods, parallelism, periods, risks, scenarios' END
$$;

-- The options in the one form in which equal requests are equal; refuses what no batch could be made of, all problems at once.
CREATE OR REPLACE FUNCTION climatebatch.check_request(calculation text, options jsonb, request_key text) RETURNS jsonb
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  problems text;
  checked jsonb;
BEGIN
  SELECT string_agg(problem, '; ') INTO problems FROM (
    SELECT format('calculation expects probability, hazard or all, found %s', coalesce('"' || left(calculation, 100) || '"', 'null')) AS problem
      WHERE calculation IS NULL OR calculation NOT IN ('probability', 'hazard', 'all')
    UNION ALL SELECT format('request_key expects 1 to 200 characters, found %s', length(request_key))
      WHERE length(request_key) NOT BETWEEN 1 AND 200
    UNION ALL SELECT format('options expects a JSON object such as {"scenarios": ["ssp585"]}, found %s', left(options::text, 100))
      WHERE jsonb_typeof(options) <> 'object'
    UNION ALL SELECT format('the option "%s" expects %s, found %s', left(field, 100), expected, left(given::text, 100))
      FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options ELSE '{}' END) AS o (field, given),
        climatebatch.request_option_expects(field, given) AS expected
      WHERE expected IS NOT NULL
    UNION ALL SELECT 'the methods predecessor compute probability only: the predecessor''s hazard scores were placeholders'
      WHERE calculation <> 'probability' AND options -> 'methods' = '"predecessor"'
  ) AS found;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '%', problems USING ERRCODE = 'invalid_parameter_value',
      HINT = 'For example: SELECT climatebatch.request_batch(''hazard'', ''{"scenarios": ["ssp585"], "periods": ["2041-2060"]}'')';
  END IF;
  SELECT coalesce(jsonb_object_agg(field, CASE
      WHEN field = 'basePeriod' THEN climatebatch.request_period(given)
      WHEN field = 'periods' THEN (SELECT jsonb_agg(climatebatch.request_period(one) ORDER BY climatebatch.request_period(one)) FROM jsonb_array_elements(given) AS one)
      WHEN field IN ('risks', 'scenarios') THEN (SELECT jsonb_agg(one ORDER BY one) FROM jsonb_array_elements(given) AS one)
      ELSE given END), '{}') INTO checked
  FROM jsonb_each(options) AS o (field, given);
  RETURN checked;
END $$;

-- Options may be longer than an index can hold.
CREATE UNIQUE INDEX batch_requests_waiting_once ON climatebatch.batch_requests (calculation, md5(options::text)) WHERE state = 'waiting';

-- Every request is recorded here. recorded: a new row; coalesced: an equal one waits already; known: the key was used before.
-- An equal request in another session's open transaction is waited for, but not long: that session may be anyone's.
CREATE OR REPLACE FUNCTION climatebatch.record_request(calculation text, options jsonb, source text, request_key text DEFAULT NULL,
    times integer DEFAULT 1, OUT request bigint, OUT how text)
  LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
  checked CONSTANT jsonb := climatebatch.check_request(record_request.calculation, coalesce(record_request.options, '{}'), record_request.request_key);
  first_calculation text;
BEGIN
  IF record_request.request_key IS NOT NULL THEN
    INSERT INTO climatebatch.batch_request_keys (request_key) VALUES (record_request.request_key) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
      SELECT r.request_id, r.calculation INTO request, first_calculation
      FROM climatebatch.batch_request_keys AS k JOIN climatebatch.batch_requests AS r USING (request_id)
      WHERE k.request_key = record_request.request_key;
      IF first_calculation <> record_request.calculation THEN
        RAISE EXCEPTION 'request_key "%" belongs to request % for %, found calculation "%"', record_request.request_key, request,
          first_calculation, record_request.calculation USING ERRCODE = 'invalid_parameter_value', HINT = 'A key is used once: give another one.';
      END IF;
      how := 'known';
      RETURN;
    END IF;
  END IF;
  INSERT INTO climatebatch.batch_requests AS r (calculation, options, source, coalesced)
    VALUES (record_request.calculation, checked, record_request.source, record_request.times - 1)
    ON CONFLICT (calculation, md5(options::text)) WHERE state = 'waiting'
    DO UPDATE SET coalesced = r.coalesced + record_request.times, last_requested_at = clock_timestamp()
    -- Only a row that was there before has been locked by this statement.
    RETURNING r.request_id, CASE WHEN r.xmax = 0 THEN 'recorded' ELSE 'coalesced' END INTO request, how;
  UPDATE climatebatch.batch_request_keys SET request_id = request WHERE request_key = record_request.request_key;
  PERFORM pg_notify('climatebatch_requests', record_request.calculation || ' ' || request);
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION 'another session has requested % in a transaction that is still open after 5 s', record_request.calculation
    USING ERRCODE = 'lock_not_available', HINT = 'Commit or roll back there, then request again. It may be idle: see pg_stat_activity.';
END $$;
COMMENT ON FUNCTION climatebatch.request_batch IS
  'requests a batch and returns the number of the request; unlike NOTIFY it is remembered when no program listens';

CREATE FUNCTION climatebatch.indicator_data(names text[], units text[], indicators double precision[])
  RETURNS json LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT json_agg(json_build_object('name', names[at], 'unit', units[at], 'value', nullif(indicators[at], 'NaN')) ORDER BY at)
  FROM generate_subscripts(indicators, 1) AS at
$$;
ALTER FUNCTION climatebatch.methods_told(jsonb, text) RENAME TO describe_methods;

-- Consumers read these views, and every reader waits behind a lock that waits. So it gives up after 50 ms and tries again, up
-- to a minute.
DO $rename$
DECLARE
  relation text;
  renamed text[];
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      DROP INDEX climatebatch.batch_requests_waiting;
      ALTER TABLE climatebatch.batch_risks RENAME COLUMN companions TO indicators;
      ALTER TABLE climatebatch.batch_risks RENAME COLUMN companion_units TO indicator_units;
      ALTER VIEW climatebatch.probability_rows_told RENAME TO probability_all_batches;
      ALTER VIEW climatebatch.hazard_rows_told RENAME TO hazard_all_batches;
      FOREACH relation IN ARRAY ARRAY['climatebatch.probability_rows', 'climatebatch.probability_all_batches', 'climatebatch.probability_results',
          'public.probability_results', 'climatebatch.hazard_rows', 'climatebatch.hazard_all_batches', 'climatebatch.hazard_results',
          'public.hazard_results'] LOOP
        FOREACH renamed SLICE 1 IN ARRAY ARRAY[['block_first_year', 'fit_first_year'], ['block_last_year', 'fit_last_year'], ['block_years', 'fit_years'],
            ['undefended_value', 'value_without_protection'], ['companions', 'indicators']] LOOP
          IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation::regclass AND attname = renamed[1] AND NOT attisdropped) THEN
            EXECUTE format('ALTER TABLE %s RENAME COLUMN %I TO %I', relation, renamed[1], renamed[2]);
          END IF;
        END LOOP;
      END LOOP;
      EXECUTE 'CREATE OR REPLACE VIEW climatebatch.hazard_all_batches AS '
        || replace(pg_get_viewdef('climatebatch.hazard_all_batches'::regclass), 'companion_data(', 'indicator_data(');
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      IF tries = 200 THEN
        RAISE EXCEPTION 'the result views are being read in open transactions for a minute and could not be renamed'
          USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
      END IF;
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
END $rename$;
DROP FUNCTION climatebatch.companion_data;

-- A name in a function's body is looked up in the caller's search_path, where anyone may have put another function or operator.
DO $pin$
DECLARE
  function regprocedure;
BEGIN
  FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = 'climatebatch'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', function);
  END LOOP;
END $pin$;
