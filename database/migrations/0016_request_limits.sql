-- Requests by SQL: the schedule's keys are its own, a flood is bounded, and a request that came to nothing can be made again.

DO $add$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      -- Every reader of batch_job_logs reads the requests, and waits behind a lock that waits.
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.batch_requests ADD COLUMN requested_by text;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.batch_requests is being used in open transactions for a minute and could not get a column'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $add$;
COMMENT ON COLUMN climatebatch.batch_requests.requested_by IS 'the user who called request_batch()';
CREATE INDEX batch_requests_by_user ON climatebatch.batch_requests (requested_by, requested_at) WHERE requested_by IS NOT NULL;

CREATE OR REPLACE FUNCTION climatebatch.request_batch(calculation text, options jsonb DEFAULT '{}', request_key text DEFAULT NULL)
  RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  made record;
  recent bigint;
BEGIN
  IF request_batch.request_key LIKE 'yearly/%' THEN
    RAISE EXCEPTION 'request_key "%": keys that begin with yearly/ belong to the schedule', left(request_batch.request_key, 100)
      USING ERRCODE = 'invalid_parameter_value',
        HINT = 'Give another key. A yearly request that came to nothing is made again by climatebatch.retry_request(''yearly/…'').';
  END IF;
  SELECT count(*) INTO recent FROM climatebatch.batch_requests
    WHERE requested_by = session_user AND requested_at > clock_timestamp() - interval '1 hour';
  SELECT * INTO made FROM climatebatch.record_request(request_batch.calculation, request_batch.options, 'function', request_batch.request_key);
  IF made.how = 'recorded' THEN
    IF recent >= 100 THEN
      RAISE EXCEPTION '% has made 100 requests within an hour', session_user
        USING ERRCODE = 'configuration_limit_exceeded', HINT = 'Equal requests count once while they wait. Try again later.';
    END IF;
    UPDATE climatebatch.batch_requests SET requested_by = session_user WHERE request_id = made.request;
  END IF;
  RETURN made.request;
END $$;

-- The request of a key waits again, when it failed, was cancelled, or its batch did.
CREATE FUNCTION climatebatch.retry_request(request_key text) RETURNS bigint
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '5s' AS $$
#variable_conflict use_column
DECLARE
  lost record;
BEGIN
  SELECT r.request_id, r.calculation, r.state, r.outcome, b.batch_id, b.state AS batch_state INTO lost
    FROM climatebatch.batch_request_keys AS k JOIN climatebatch.batch_requests AS r USING (request_id) LEFT JOIN climatebatch.batches AS b USING (batch_id)
    WHERE k.request_key = retry_request.request_key FOR UPDATE OF r;
  IF lost.request_id IS NULL THEN
    RAISE EXCEPTION 'no request has the key "%"', left(retry_request.request_key, 100)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'See climatebatch.batch_request_keys.';
  END IF;
  IF lost.state <> 'finished' OR lost.batch_state IN ('running', 'complete') THEN
    RAISE EXCEPTION 'request % of the key "%" is not lost: it is %', lost.request_id, retry_request.request_key,
      CASE WHEN lost.state <> 'finished' THEN lost.state ELSE format('batch %s, %s', lost.batch_id, lost.batch_state) END
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Only a request that failed or was cancelled, or whose batch did, is made again.';
  END IF;
  UPDATE climatebatch.batch_request_keys AS k SET request_id = w.request_id
    FROM climatebatch.batch_requests AS r JOIN climatebatch.batch_requests AS w USING (calculation, options)
    WHERE k.request_key = retry_request.request_key AND r.request_id = lost.request_id AND w.state = 'waiting';
  IF FOUND THEN RETURN (SELECT k.request_id FROM climatebatch.batch_request_keys AS k WHERE k.request_key = retry_request.request_key); END IF;
  UPDATE climatebatch.batch_requests SET state = 'waiting', claimed_by = NULL, claimed_at = NULL, climate_batch = NULL, batch_id = NULL,
      outcome = NULL, reason = NULL, message = NULL, finished_at = NULL, last_requested_at = clock_timestamp()
    WHERE request_id = lost.request_id;
  PERFORM pg_notify('climatebatch_requests', lost.calculation || ' ' || lost.request_id);
  RETURN lost.request_id;
END $$;
REVOKE ALL ON FUNCTION climatebatch.retry_request FROM PUBLIC;
COMMENT ON FUNCTION climatebatch.retry_request IS
  'lets the request of a key wait again, such as yearly/probability/2028, after it or its batch failed or was cancelled';
