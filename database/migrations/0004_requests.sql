-- Requests: what NOTIFY, request_batch(), the schedule and commands ask for, until it is a batch or is known to become none.

CREATE TABLE climatebatch.batch_requests (
  request_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  calculation text NOT NULL CHECK (calculation IN ('probability', 'hazard', 'all')),
  options jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
  source text NOT NULL CHECK (source IN ('notify', 'function', 'schedule', 'cli')),
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'claimed', 'finished')),
  coalesced integer NOT NULL DEFAULT 0,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  claimed_by text,
  claimed_at timestamptz,
  climate_batch text,
  batch_id bigint,
  outcome text CHECK (outcome IN ('batch', 'failed', 'cancelled')),
  reason text,
  message text,
  finished_at timestamptz,
  CHECK (state <> 'claimed' OR (claimed_by IS NOT NULL AND claimed_at IS NOT NULL)),
  CHECK ((state = 'finished') = (outcome IS NOT NULL)),
  CHECK ((outcome IS NOT DISTINCT FROM 'batch') = (batch_id IS NOT NULL)),
  CHECK (outcome IS DISTINCT FROM 'failed' OR (reason IS NOT NULL AND message IS NOT NULL))
);
CREATE UNIQUE INDEX batch_requests_waiting ON climatebatch.batch_requests (calculation, options) WHERE state = 'waiting';
CREATE INDEX batch_requests_without_batch ON climatebatch.batch_requests (requested_at DESC) WHERE batch_id IS NULL;
CREATE INDEX batch_requests_claimed ON climatebatch.batch_requests (claimed_at);
CREATE INDEX batch_requests_batch ON climatebatch.batch_requests (batch_id);
COMMENT ON TABLE climatebatch.batch_requests IS
  'who waits for the same calculation with the same options waits once; after the claim the same request is a new row';
COMMENT ON COLUMN climatebatch.batch_requests.options IS 'fields of a batch specification that differ from the defaults';
COMMENT ON COLUMN climatebatch.batch_requests.coalesced IS 'further requests for the same that it answers';
COMMENT ON COLUMN climatebatch.batch_requests.claimed_by IS 'the installation that makes the batch: exactly one';
COMMENT ON COLUMN climatebatch.batch_requests.climate_batch IS 'the ClimateBatch that was made for it, in a cluster';

CREATE TABLE climatebatch.batch_request_keys (
  request_key text PRIMARY KEY,
  request_id bigint REFERENCES climatebatch.batch_requests
);
COMMENT ON TABLE climatebatch.batch_request_keys IS 'keys are unique for ever: a second request of a key is the first one again';
COMMENT ON COLUMN climatebatch.batch_request_keys.request_id IS 'null only inside the transaction that records the request';

-- A span of 15 to 40 years as {"firstYear": 2041, "lastYear": 2060}, also from "2041-2060"; null from anything else.
CREATE FUNCTION climatebatch.request_period(given jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('firstYear', years[1]::integer, 'lastYear', years[2]::integer)
  FROM regexp_match(
    CASE WHEN jsonb_typeof(given) = 'string' THEN given #>> '{}'
      WHEN jsonb_typeof(given) = 'object' AND given - 'firstYear' - 'lastYear' = '{}'
        THEN (given ->> 'firstYear') || '-' || (given ->> 'lastYear') END,
    '^([0-9]{4})-([0-9]{4})$') AS years
  WHERE years[2]::integer - years[1]::integer BETWEEN 14 AND 39
$$;

-- What a field of the options should have been; null when it is.
CREATE FUNCTION climatebatch.request_option_expects(field text, given jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE field
    WHEN 'methods' THEN CASE WHEN given NOT IN ('"published"', '"predecessor"') THEN '"published" or "predecessor"' END
    WHEN 'grid' THEN CASE WHEN jsonb_typeof(given) <> 'string' OR given = '""' THEN 'the name of a grid' END
    WHEN 'risks' THEN CASE
      WHEN jsonb_typeof(given) <> 'array' OR given = '[]' OR NOT given <@ to_jsonb(enum_range(NULL::climatebatch.risk))
      THEN 'a list of ' || array_to_string(enum_range(NULL::climatebatch.risk), ', ') END
    WHEN 'scenarios' THEN CASE
      WHEN jsonb_typeof(given) <> 'array' OR given = '[]' OR given @> '[""]' OR jsonb_path_exists(given, '$[*] ? (@.type() != "string")')
      THEN 'a list of names of scenarios' END
    WHEN 'basePeriod' THEN CASE
      WHEN climatebatch.request_period(given) IS NULL THEN 'a span of 15 to 40 years such as "1991-2020"' END
    WHEN 'periods' THEN CASE
      WHEN jsonb_typeof(given) <> 'array' OR given = '[]' THEN 'a list of spans such as ["2041-2060"]'
      WHEN EXISTS (SELECT FROM jsonb_array_elements(given) AS one WHERE climatebatch.request_period(one) IS NULL)
      THEN 'spans of 15 to 40 years such as ["2041-2060"]' END
    WHEN 'cellsPerShard' THEN CASE WHEN given::text !~ '^[1-9][0-9]{0,8}$' THEN 'a whole number from 1' END
    WHEN 'maxRejectedCells' THEN CASE WHEN given::text !~ '^[0-9]{1,9}$' THEN 'a whole number from 0' END
    ELSE 'one of the fields basePeriod, cellsPerShard, grid, maxRejectedCells, methods, periods, risks, scenarios' END
$$;

-- The options in the one form in which equal requests are equal; refuses what no batch could be made of, all problems at once.
CREATE FUNCTION climatebatch.check_request(calculation text, options jsonb, request_key text) RETURNS jsonb
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
    UNION ALL SELECT format('options expects at most 2000 bytes, found %s', pg_column_size(options)) WHERE pg_column_size(options) > 2000
    UNION ALL SELECT format('the option "%s" expects %s, found %s', left(field, 100), expected, left(given::text, 100))
      FROM jsonb_each(CASE jsonb_typeof(options) WHEN 'object' THEN options ELSE '{}' END) AS o (field, given),
        climatebatch.request_option_expects(field, given) AS expected
      WHERE expected IS NOT NULL
  ) AS found;
  IF problems IS NOT NULL THEN
    RAISE EXCEPTION '%', problems USING ERRCODE = 'invalid_parameter_value',
      HINT = 'For example: SELECT climatebatch.request_batch(''hazard'', ''{"scenarios": ["ssp585"], "periods": ["2041-2060"]}'')';
  END IF;
  SELECT coalesce(jsonb_object_agg(field, CASE
      WHEN field = 'basePeriod' THEN climatebatch.request_period(given)
      WHEN field = 'periods' THEN (SELECT jsonb_agg(DISTINCT climatebatch.request_period(one)) FROM jsonb_array_elements(given) AS one)
      WHEN field IN ('risks', 'scenarios') THEN (SELECT jsonb_agg(DISTINCT one) FROM jsonb_array_elements(given) AS one)
      ELSE given END), '{}') INTO checked
  FROM jsonb_each(options) AS o (field, given);
  RETURN checked;
END $$;

-- Every request is recorded here. recorded: a new row; coalesced: an equal one waits already; known: the key was used before.
-- An equal request in another session's open transaction is waited for, but not long: that session may be anybody's.
CREATE FUNCTION climatebatch.record_request(calculation text, options jsonb, source text, request_key text DEFAULT NULL,
    times integer DEFAULT 1, OUT request bigint, OUT how text)
  LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
  asked CONSTANT jsonb := climatebatch.check_request(record_request.calculation, coalesce(record_request.options, '{}'), record_request.request_key);
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
          first_calculation, record_request.calculation USING ERRCODE = 'invalid_parameter_value', HINT = 'Keys are unique for ever: give another one.';
      END IF;
      how := 'known';
      RETURN;
    END IF;
  END IF;
  INSERT INTO climatebatch.batch_requests AS r (calculation, options, source, coalesced)
    VALUES (record_request.calculation, asked, record_request.source, record_request.times - 1)
    ON CONFLICT (calculation, options) WHERE state = 'waiting'
    DO UPDATE SET coalesced = r.coalesced + record_request.times, last_requested_at = clock_timestamp()
    -- Only a row that was there before has been locked by this statement.
    RETURNING r.request_id, CASE WHEN r.xmax = 0 THEN 'recorded' ELSE 'coalesced' END INTO request, how;
  UPDATE climatebatch.batch_request_keys SET request_id = request WHERE request_key = record_request.request_key;
  PERFORM pg_notify('climatebatch_requests', record_request.calculation || ' ' || request);
EXCEPTION WHEN lock_not_available THEN
  RAISE EXCEPTION 'another session has asked for % in a transaction that is still open after 5 s', record_request.calculation
    USING ERRCODE = 'lock_not_available', HINT = 'Commit or roll back there, then ask again. It may be idle: see pg_stat_activity.';
END $$;

CREATE FUNCTION climatebatch.request_batch(calculation text, options jsonb DEFAULT '{}', request_key text DEFAULT NULL)
  RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT request FROM climatebatch.record_request(calculation, options, 'function', request_key)
$$;
REVOKE ALL ON FUNCTION climatebatch.request_batch FROM PUBLIC;
COMMENT ON FUNCTION climatebatch.request_batch IS
  'asks for a batch and returns the number of the request; other than NOTIFY it is remembered when nobody listens';

-- Replacing a view waits for everybody who reads it in an open transaction, and whoever comes after waits behind that. So it
-- gives up after 50 ms and tries again, up to a minute; nothing else that people use is locked meanwhile.
DO $replace$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      -- Scalar subqueries, not joins: so the newest ten cost the look-ups of ten, whatever else there is.
      CREATE OR REPLACE VIEW public.batch_job_logs AS
        SELECT b.batch_id AS id, b.calculation AS job_type,
          CASE b.state WHEN 'complete' THEN 'completed' ELSE b.state END AS status,
          b.started_at, b.finished_at AS completed_at, b.message AS error_message, b.reason AS error_reason, b.cells AS total_cells,
          (SELECT coalesce(sum(s.cells), 0) FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id AND s.state = 'done') AS processed_cells,
          (SELECT coalesce(sum(s.rejected_cells), 0) FROM climatebatch.batch_shards AS s WHERE s.batch_id = b.batch_id) AS rejected_cells,
          EXISTS (SELECT FROM climatebatch.publications AS p WHERE p.batch_id = b.batch_id) AS published,
          (SELECT min(r.request_id) FROM climatebatch.batch_requests AS r WHERE r.batch_id = b.batch_id) AS request_id,
          (SELECT r.source FROM climatebatch.batch_requests AS r WHERE r.batch_id = b.batch_id ORDER BY r.request_id LIMIT 1) AS source
        FROM climatebatch.batches AS b
        UNION ALL
        SELECT -r.request_id, r.calculation,
          CASE r.state WHEN 'waiting' THEN 'waiting' WHEN 'claimed' THEN 'starting' ELSE r.outcome END,
          r.requested_at, r.finished_at, r.message, r.reason, 0::bigint, 0::bigint, 0::bigint, false, r.request_id, r.source
        FROM climatebatch.batch_requests AS r WHERE r.batch_id IS NULL;
      ALTER TABLE climatebatch.batch_requests ADD FOREIGN KEY (batch_id) REFERENCES climatebatch.batches;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'public.batch_job_logs is being read in open transactions for a minute and could not be replaced'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $replace$;
COMMENT ON VIEW public.batch_job_logs IS 'batches, and requests without a batch: those have a negative id, -request_id';
