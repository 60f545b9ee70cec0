-- Keys of equal requests are rows as well: a flood of them is bounded as one of requests is.

DO $add$
BEGIN
  FOR tries IN 1..200 LOOP
    BEGIN
      SET LOCAL lock_timeout = '50ms';
      ALTER TABLE climatebatch.batch_request_keys ADD COLUMN requested_by text, ADD COLUMN requested_at timestamptz;
      RETURN;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.25);
    END;
  END LOOP;
  RAISE EXCEPTION 'climatebatch.batch_request_keys is being used in open transactions for a minute and could not get columns'
    USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
END $add$;
COMMENT ON COLUMN climatebatch.batch_request_keys.requested_by IS 'the user who gave the key to request_batch()';
COMMENT ON COLUMN climatebatch.batch_request_keys.requested_at IS 'when that was';
CREATE INDEX batch_request_keys_by_user ON climatebatch.batch_request_keys (requested_by, requested_at) WHERE requested_by IS NOT NULL;

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
  SELECT greatest(
      (SELECT count(*) FROM climatebatch.batch_requests
        WHERE requested_by = session_user AND requested_at > clock_timestamp() - interval '1 hour'),
      (SELECT count(*) FROM climatebatch.batch_request_keys
        WHERE requested_by = session_user AND requested_at > clock_timestamp() - interval '1 hour')) INTO recent;
  SELECT * INTO made FROM climatebatch.record_request(request_batch.calculation, request_batch.options, 'function', request_batch.request_key);
  IF made.how = 'recorded' OR (made.how = 'coalesced' AND request_batch.request_key IS NOT NULL) THEN
    IF recent >= 100 THEN
      RAISE EXCEPTION '% has made 100 requests within an hour', session_user
        USING ERRCODE = 'configuration_limit_exceeded', HINT = 'Equal requests without a key count once while they wait. Try again later.';
    END IF;
    IF made.how = 'recorded' THEN
      UPDATE climatebatch.batch_requests SET requested_by = session_user WHERE request_id = made.request;
    END IF;
    UPDATE climatebatch.batch_request_keys AS k SET requested_by = session_user, requested_at = clock_timestamp()
      WHERE k.request_key = request_batch.request_key;
  END IF;
  RETURN made.request;
END $$;
